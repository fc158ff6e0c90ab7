"""The page of a connection says how it stands, and where a person goes on."""

from datetime import timedelta
from uuid import uuid4

import pytest

from portal.credentials.page import BADGES, connection_page
from tenants import clock
from tenants.actors import Actor
from tenants.models import OAuthConnection
from tenants.models.connections import STATES

ME, OTHER = (Actor(kind="staff", id=uuid4(), label=name) for name in ("Me", "Other"))


def row(state: str, **more: object) -> OAuthConnection:
    said = {"authorization_endpoint": "https://login.example/go?x=1"}
    return OAuthConnection(tenant_id=uuid4(), state=state, metadata=said, **more)


def test_every_state_has_words() -> None:
    assert set(BADGES) == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_a_person_goes_on_only_where_they_began(state: str) -> None:
    attempt = {"attempt_by_id": ME.id, "attempt_until": clock.now() + timedelta(minutes=5)}
    mine = connection_page(row(state, **attempt), ME)
    assert mine.sign_in_host == ("login.example" if state == "ready" else "")
    assert connection_page(row(state, **attempt), OTHER).sign_in_host == ""


def test_the_button_says_whether_it_was_connected_before() -> None:
    assert connection_page(row("new"), ME).button == "Connect"
    assert connection_page(row("lost", connected_at=clock.now()), ME).button == "Connect again"
    assert connection_page(row("looking"), ME).is_under_way
    assert not connection_page(row("ended"), ME).has_token


def test_an_attempt_in_which_nobody_signed_in_is_over() -> None:
    past = {"attempt_by_id": ME.id, "attempt_until": clock.now() - timedelta(minutes=1)}
    shown = connection_page(row("ready", access=b"x", connected_at=clock.now(), **past), ME)
    assert (shown.badge, shown.sign_in_host) == ("connected", "")
    assert connection_page(row("ready", **past), ME).badge == "not connected"
    assert connection_page(row("ready", connected_at=clock.now(), **past), ME).badge == (
        "connect again"
    )
