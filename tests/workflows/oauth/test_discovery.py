"""Where metadata is looked for, by whom, and where it never is."""

from typing import Any

import pytest

from tests.fakes.authorization import WELL_KNOWN, AuthorizationFake
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, Reply
from tests.workflows.mcp.mcp_kit import alone
from tests.workflows.oauth.oauth_kit import RESOURCE, protect
from workflows.oauth.discovery import ServerSearch, check_endpoint, find_server, named_issuer
from workflows.oauth.metadata import CODE_GRANT, MetadataProblem


def search(fake: McpFake, *hosts: str, **more: Any) -> ServerSearch:
    return ServerSearch(fake.url, CODE_GRANT, (fake.host, *hosts), is_mcp=True, **more)


def test_a_server_is_found_by_its_challenge(fake: McpFake, issuer: AuthorizationFake) -> None:
    protect(fake, issuer)
    found = alone(find_server(search(fake, issuer.host)))
    assert (found.metadata.issuer, found.scope) == (issuer.url, "orders")
    assert alone(named_issuer(search(fake, issuer.host))) == issuer.url


def test_a_scope_of_the_challenge_goes_before_that_of_the_metadata(
    fake: McpFake, issuer: AuthorizationFake
) -> None:
    protect(fake, issuer)
    where = f'Bearer resource_metadata="http://{fake.host}{RESOURCE}", scope="only:this"'
    fake.guard = lambda headers: Reply(401, headers={"WWW-Authenticate": where})
    assert alone(find_server(search(fake, issuer.host))).scope == "only:this"


def test_a_server_without_a_challenge_is_found_at_the_well_known_paths(
    fake: McpFake, issuer: AuthorizationFake
) -> None:
    protect(fake, issuer)
    fake.guard = None
    page = fake.pages.pop(RESOURCE)
    fake.pages["/.well-known/oauth-protected-resource"] = page
    assert alone(find_server(search(fake, issuer.host))).metadata.issuer == issuer.url


def test_an_issuer_with_a_path_is_found_where_openid_has_it(
    fake: McpFake, issuer: AuthorizationFake
) -> None:
    named = f"{issuer.url}/tenant"
    issuer.said["issuer"] = named
    page = Reply(body=__import__("json").dumps(issuer.metadata()).encode())
    issuer.bend["/tenant/.well-known/openid-configuration"] = lambda asked: page
    found = alone(find_server(search(fake, issuer.host, issuer=named)))
    assert found.metadata.issuer == named
    assert issuer.at(WELL_KNOWN) == []


def test_a_given_issuer_is_asked_and_the_server_is_not(
    fake: McpFake, issuer: AuthorizationFake
) -> None:
    assert alone(find_server(search(fake, issuer.host, issuer=issuer.url))).metadata
    assert fake.asked == []


def test_a_host_that_is_not_allowed_is_not_asked(fake: McpFake, issuer: AuthorizationFake) -> None:
    """G3"""
    protect(fake, issuer)
    with pytest.raises(MetadataProblem, match="not among this client's allowed hosts"):
        alone(find_server(search(fake)))
    assert issuer.asked == []


def test_a_server_of_before_is_its_own_authorization_server(issuer: AuthorizationFake) -> None:
    wanted = ServerSearch(f"{issuer.url}/mcp", CODE_GRANT, (issuer.host,), is_mcp=True)
    assert alone(find_server(wanted)).metadata.issuer == issuer.url


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example/token",
        "https://169.254.169.254/latest",
        "https://[fd00::1]/",
        "https://localhost/",
        "file:///etc/passwd",
        "https://other.example/",
        "gopher://login.example",
        "",
    ],
)
def test_an_endpoint_that_may_not_be_called_is_refused(url: str) -> None:
    """G3, G9"""
    hosts = ("login.example", "169.254.169.254", "[fd00::1]", "localhost")
    with pytest.raises(MetadataProblem):
        check_endpoint(url, hosts)
    check_endpoint("https://login.example/token", hosts)


def test_plain_http_is_for_hosts_that_the_deployment_names() -> None:
    with pytest.raises(MetadataProblem, match="https only"):
        check_endpoint("http://127.0.0.1:81/", ("127.0.0.1:81",))
    allow("127.0.0.1:81")
    check_endpoint("http://127.0.0.1:81/", ("127.0.0.1:81",))


def test_a_person_is_sent_to_no_address_in_plain_http(issuer: AuthorizationFake) -> None:
    issuer.said = {"authorization_endpoint": "http://login.example/authorize"}
    wanted = ServerSearch("http://x.example", CODE_GRANT, (issuer.host,), issuer=issuer.url)
    with pytest.raises(MetadataProblem, match="https only"):
        alone(find_server(wanted))
    issuer.said = {"authorization_endpoint": "https://login.example/authorize"}
    assert alone(find_server(wanted)).metadata.authorization_endpoint.startswith("https:")
