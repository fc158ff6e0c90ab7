"""A person connects a server in a browser, is sent to sign in, and comes back."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client as Browser

from audit import outbox
from tenants.models import OAuthConnection
from tenants.scope import tenant_scope
from tenants.services.tenants import change_tenant
from tests.fakes.authorization import AuthorizationFake
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, tool
from tests.portal.visiting import Visitor, text, visit
from tests.workflows.oauth.oauth_kit import protect
from tests.world import World, make_world
from workflows.mcp.servers import add_server

pytestmark = pytest.mark.django_db
SERVER, PAGE = "tool-servers/desk/", "connections/desk-sign-in/"


@pytest.fixture
def fake() -> Iterator[McpFake]:
    with McpFake() as opened:
        allow(opened.host)
        opened.tools = {"look": tool("look")}
        yield opened


@pytest.fixture
def issuer(fake: McpFake) -> Iterator[AuthorizationFake]:
    with AuthorizationFake() as opened:
        allow(opened.host)
        protect(fake, opened)
        yield opened


@pytest.fixture
def world(fake: McpFake, issuer: AuthorizationFake) -> World:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        staff = made.staff(made.harbor)
        hosts = [*made.harbor.tenant.allowed_hosts, fake.host, issuer.host]
        change_tenant(made.harbor.tenant, actor=staff, allowed_hosts=hosts)
        add_server(name="desk", title="The desk", address=fake.url, actor=staff)
        outbox.drain()
    return made


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def drain(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()


def row(world: World) -> OAuthConnection:
    with tenant_scope(world.harbor.tenant.pk):
        return OAuthConnection.objects.get()


def back(operator: Visitor, world: World, issuer: AuthorizationFake, **more: str | None) -> str:
    """Begin, sign in at the other side, and return the address to come back to."""
    operator.post(f"{SERVER}connect/")
    drain(world)
    leads = operator.get(f"{PAGE}continue/")["Location"]
    given = issuer.browse(leads, **more)
    where = parse_qs(urlsplit(leads).query)["redirect_uri"][0]
    return f"{urlsplit(where).path}?{urlencode(given)}"


def test_a_person_connects_sees_where_they_go_and_comes_back(
    world: World, operator: Visitor, issuer: AuthorizationFake
) -> None:
    assert "a token takes a secret’s place" in text(operator.get(SERVER))
    answer = operator.post(f"{SERVER}connect/")
    assert answer["Location"] == f"/t/harbor-pine/{PAGE}"
    assert "A worker is at it." in text(operator.get(PAGE))
    drain(world)
    page = text(operator.get(PAGE))
    assert f"Continue at {issuer.host}" in page
    assert "state=" not in page
    leads = operator.get(f"{PAGE}continue/")["Location"]
    assert leads.startswith(f"{issuer.url}/authorize?")
    where = parse_qs(urlsplit(leads).query)["redirect_uri"][0]
    came = operator.browser.get(f"{urlsplit(where).path}?{urlencode(issuer.browse(leads))}")
    assert (came.status_code, came["Location"]) == (302, f"/t/harbor-pine/{PAGE}")
    assert came["Cache-Control"] == "no-store, private" or "no-store" in came["Cache-Control"]
    drain(world)
    page = text(operator.get(PAGE))
    assert "connected" in page
    assert "Its scope is" in page
    assert "Connected now by Operator" in page or "by Operator" in page
    assert "connected" in text(operator.get(SERVER))
    for secret in issuer.secrets_issued():
        for path in (PAGE, SERVER, "credentials/", "record/"):
            assert secret not in text(operator.get(path))
    record = text(operator.get("record/"))
    assert "added the connection desk-sign-in" in record
    assert "connected desk-sign-in through" in record


def test_an_answer_is_opened_once_by_whoever_began(
    world: World, operator: Visitor, issuer: AuthorizationFake
) -> None:
    url = back(operator, world, issuer)
    nobody = Browser()
    assert nobody.get(url).status_code == 403
    other = visit(world.admin, world.harbor)
    assert other.browser.get(url).status_code == 409
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.browser.get(url).status_code in (403, 409)
    stranger = visit(world.quill.owner, world.quill)
    assert stranger.browser.get(url).status_code == 409
    assert operator.browser.head(url).status_code == 405
    assert operator.browser.post(url).status_code in (403, 405)
    assert operator.browser.get(f"{url}&state=x").status_code == 409
    assert operator.browser.get(url).status_code == 302
    assert operator.browser.get(url).status_code == 409
    drain(world)
    assert row(world).state == "connected"
    assert len(issuer.at("/token")) == 1


@pytest.mark.parametrize(
    "query", ["", "state=", "state=%00", "state=a.b", "code=x", f"state={'0' * 32}.x&code=y"]
)
def test_an_answer_that_makes_no_sense_is_a_page(operator: Visitor, query: str) -> None:
    for key in ("0" * 32, "x", "%00"):
        found = operator.browser.get(f"/oauth/callback/{key}/?{query}")
        assert found.status_code in (400, 404, 409)


def test_an_answer_that_refuses_is_told_on_the_page(
    world: World, operator: Visitor, issuer: AuthorizationFake
) -> None:
    operator.browser.get(
        back(operator, world, issuer, code=None, error="access_denied", error_description="<b>")
    )
    page = text(operator.get(PAGE))
    assert "access was denied" in page
    assert "&lt;b&gt;" not in page


def test_a_colleague_sees_that_somebody_signs_in_and_not_where(
    world: World, operator: Visitor, issuer: AuthorizationFake
) -> None:
    back(operator, world, issuer)
    colleague = visit(world.admin, world.harbor)
    page = text(colleague.get(PAGE))
    assert "waits for somebody to sign in" in page
    assert "Continue at" not in page
    assert colleague.get(f"{PAGE}continue/")["Location"] == f"/t/harbor-pine/{PAGE}"
    assert "begun by somebody else" in text(colleague.get(PAGE))


def test_a_connection_is_ended(world: World, operator: Visitor, issuer: AuthorizationFake) -> None:
    operator.browser.get(back(operator, world, issuer))
    drain(world)
    assert operator.post(f"{PAGE}end/").status_code == 302
    drain(world)
    assert len(issuer.revoked) == 2
    page = text(operator.get(PAGE))
    assert "Disconnect" not in page
    assert "Connect again" in page


def test_a_connection_for_a_tool_is_added_and_mistakes_are_told(
    world: World, operator: Visitor, fake: McpFake, issuer: AuthorizationFake
) -> None:
    given = {"name": "crm", "address": "https://nowhere.example", "grant": "client"}
    refused = operator.post("add-connection/", **given)
    assert refused.status_code == 400
    assert "not among this client" in text(refused)
    issuer.clients["us"] = "a-client-secret-1"
    given |= {
        "address": f"{fake.url}/api",
        "issuer": issuer.url,
        "client_id": "us",
        "client_secret": "a-client-secret-1",
        "scope": "read",
        "sends_resource": "on",
    }
    made = operator.post("add-connection/", **given)
    assert made["Location"] == "/t/harbor-pine/connections/crm/"
    assert "a-client-secret-1" not in text(operator.get("connections/crm/"))
    operator.post("connections/crm/connect/")
    drain(world)
    page = text(operator.get("connections/crm/"))
    assert "Handrail signs in itself" in page
    assert "Staff gave the client id." in page
    assert "It only reads." in page
    assert row(world).state == "connected"


def test_who_handrail_is_can_be_read_by_anybody(settings: object) -> None:
    found = Browser().get(f"/oauth/client/{'a' * 32}/")
    assert found.json()["redirect_uris"][0].endswith(f"/oauth/callback/{'a' * 32}/")
    assert found.json()["client_id"].endswith(f"/oauth/client/{'a' * 32}/")
    assert "max-age" in found["Cache-Control"]
    assert Browser().get("/oauth/client/other/").status_code == 404


def test_a_connection_is_changed_and_deleted_on_its_page(world: World, operator: Visitor) -> None:
    given = {"address": "http://127.0.0.1:1/api", "grant": "code", "wanted_scope": "orders"}
    made = operator.post("add-connection/", name="crm", **given)
    assert made.status_code == 302
    form = text(operator.get("connections/crm/change/"))
    assert 'value="http://127.0.0.1:1/api"' in form
    assert 'value="orders"' in form
    refused = operator.post("connections/crm/change/", **given | {"address": "nowhere"})
    assert refused.status_code == 400
    assert "Write the whole address" in text(refused)
    saved = operator.post("connections/crm/change/", **given | {"wanted_scope": "all"})
    assert saved.status_code == 302
    assert "all" in text(operator.get("connections/crm/"))
    assert "changed the connection crm" in text(operator.get("record/"))
    gone = operator.post("connections/crm/delete/")
    assert (gone.status_code, gone["Location"]) == (
        302,
        f"/t/{world.harbor.tenant.slug}/credentials/",
    )
    assert operator.get("connections/crm/").status_code == 404
    assert "deleted the connection" in text(operator.get("record/"))


def test_a_connection_in_use_says_by_what(world: World, operator: Visitor) -> None:
    operator.post(f"{SERVER}connect/")
    answer = operator.post(f"{PAGE}delete/")
    assert answer.status_code == 302
    assert "It is used by The desk" in text(operator.get(PAGE))
