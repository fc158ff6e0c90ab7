"""Tokens of connections are read for a call to their own address, while they hold."""

from datetime import timedelta
from typing import Any

import pytest

from tenants import clock
from tenants.credentials.connection_tokens import needs_renewal, sealed, unsealed
from tenants.errors import Invalid, NotFound
from tenants.models import OAuthConnection, Secret
from tenants.models.connections import CONNECTED, LOST
from tenants.services.keys import reveal_for_call, reveal_secret
from tests.lanes import Lane

ADDRESS = "https://api.example/v2"


@pytest.fixture
def row(lane: Lane) -> OAuthConnection:
    secret = Secret(name="crm", ciphertext=b"", kind="oauth")
    secret.save(force_insert=True)
    made = OAuthConnection(
        secret=secret,
        address=ADDRESS,
        issuer="https://login.example",
        state=CONNECTED,
        access=sealed("the-access-token"),
        expires_at=clock.now() + timedelta(hours=1),
    )
    made.save(force_insert=True)
    return made


def change(row: OAuthConnection, **fields: Any) -> OAuthConnection:
    OAuthConnection.objects.filter(pk=row.pk).update(**fields)
    return OAuthConnection.objects.get(pk=row.pk)


def test_a_token_is_read_for_its_own_address(row: OAuthConnection) -> None:
    found = reveal_for_call("crm", f"{ADDRESS}/orders")
    assert (found.value, found.is_connected, found.values) == (
        "the-access-token",
        True,
        ["the-access-token"],
    )
    assert "the-access" not in repr(found)
    assert Secret.objects.get(name="crm").used_on == clock.now().date()


@pytest.mark.parametrize("url", ["", "https://evil.example/v2", "https://api.example/v1"])
def test_a_token_is_read_for_no_other_address(row: OAuthConnection, url: str) -> None:
    """G4"""
    with pytest.raises(Invalid, match="goes to no other address") as raised:
        reveal_secret("crm", url)
    assert raised.value.code == "other_address"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": LOST, "access": None, "problem": "It said no."}, "any more: It said no. Conn"),
        ({"state": "new", "access": None}, "crm is not connected. Connect it"),
        ({"expires_at": clock.now() - timedelta(days=900)}, "could not be renewed yet"),
        ({"access": b"of another key"}, "a key this server has not"),
    ],
)
def test_a_token_that_does_not_hold_is_not_read(
    row: OAuthConnection, fields: dict[str, Any], said: str
) -> None:
    change(row, **fields)
    with pytest.raises(NotFound, match=said) as raised:
        reveal_secret("crm", ADDRESS)
    assert raised.value.code == "not_connected"


def test_a_token_that_ends_soon_needs_renewal(row: OAuthConnection) -> None:
    assert not needs_renewal(row)
    assert needs_renewal(change(row, expires_at=clock.now() + timedelta(seconds=30)))
    assert not needs_renewal(change(row, expires_at=None))


def test_an_empty_text_is_not_sealed() -> None:
    assert sealed("") is None
    assert unsealed(None) == ""
    assert unsealed(sealed("x")) == "x"
    assert unsealed(b"nonsense") == ""
