"""Metadata that other sides give is checked, and what does not fit is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.oauth.metadata import (
    CLIENT_GRANT,
    CODE_GRANT,
    MetadataProblem,
    ServerMetadata,
    is_same_issuer,
    read_resource_metadata,
    read_server_metadata,
)
from workflows.tools.challenges import challenge_field, lacking_scope, plain_scope

ISSUER = "https://login.example"
GOOD = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "code_challenge_methods_supported": ["plain", "S256"],
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def test_good_metadata_is_kept_as_it_is() -> None:
    found = read_server_metadata(GOOD, ISSUER, CODE_GRANT)
    assert found.token_endpoint == f"{ISSUER}/token"
    assert found.auth_methods == ("client_secret_basic",)
    assert not found.sends_issuer
    assert ServerMetadata.from_json(found.as_json()) == found


def test_a_client_that_signs_in_itself_needs_no_page_for_people() -> None:
    given_ = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
    assert read_server_metadata(given_, ISSUER, CLIENT_GRANT).authorization_endpoint == ""
    only = given_ | {"grant_types_supported": ["authorization_code"]}
    with pytest.raises(MetadataProblem, match="lets no client sign in"):
        read_server_metadata(only, ISSUER, CLIENT_GRANT)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ISSUER, ISSUER, True),
        (ISSUER, f"{ISSUER}/", True),
        (f"{ISSUER}/a", f"{ISSUER}/a/", False),
        (ISSUER, "https://LOGIN.example", False),
        (ISSUER, "https://login.example.evil.example", False),
        (ISSUER, f"{ISSUER}//", False),
        (ISSUER, "http://[", False),
        ("https://[", "https://[/", True),
        (f"{ISSUER}?a", f"{ISSUER}?a/", False),
    ],
)
def test_issuers_are_compared_as_texts(one: str, other: str, same: bool) -> None:
    assert is_same_issuer(one, other) is same
    assert is_same_issuer(other, one) is same


@given(st.dictionaries(st.sampled_from([*GOOD, "registration_endpoint", "x"]), VALUES) | VALUES)
def test_nothing_a_server_says_breaks_the_reader(found: Any) -> None:
    """G9"""
    for said in (found, GOOD | found if isinstance(found, dict) else found):
        for grant in (CODE_GRANT, CLIENT_GRANT):
            with suppress(MetadataProblem):
                read_server_metadata(said, ISSUER, grant)
        with suppress(MetadataProblem):
            read_resource_metadata(said, "https://a.example/mcp")


def test_a_resource_says_who_issues_its_tokens() -> None:
    said = {
        "resource": "https://a.example",
        "authorization_servers": [ISSUER, "https://second.example"],
        "scopes_supported": ["a", "b"],
    }
    found = read_resource_metadata(said, "https://a.example/mcp")
    assert (found.issuer, found.scope) == (ISSUER, "a b")
    assert read_resource_metadata(said | {"scopes_supported": [1]}, "https://a.example").scope == ""
    with pytest.raises(MetadataProblem, match="another address"):
        read_resource_metadata(said | {"resource": "https://a.example/other"}, "https://a.example")
    with pytest.raises(MetadataProblem, match="no token in a header"):
        read_resource_metadata(said | {"bearer_methods_supported": ["query"]}, "https://a.example")


def test_a_challenge_is_read_field_by_field() -> None:
    said = 'Bearer realm="a, b", error="insufficient_scope", scope="x:read y", x_scope="z"'
    assert challenge_field(said, "scope") == "x:read y"
    assert challenge_field(said, "realm") == "a, b"
    assert challenge_field(said, "resource_metadata") == ""
    assert challenge_field('Bearer resource_metadata="https://a/\\"b"', "resource_metadata")
    assert lacking_scope(said) == "x:read y"
    assert lacking_scope('Bearer error="insufficient_scope"') == ""
    assert lacking_scope('Bearer error="invalid_token", scope="x"') is None
    assert lacking_scope("") is None


@pytest.mark.parametrize("text", [None, 5, "", "a  b", "a\nb", 'a"b', "ä", "x" * 1001, " a"])
def test_a_scope_of_another_shape_is_none(text: object) -> None:
    assert plain_scope(text) == ""
