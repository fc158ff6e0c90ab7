"""Tokens end and are renewed once, whoever asks; a refused renewal says to connect again."""

import json
from datetime import timedelta

import pytest

from approvals.models import Tool
from audit import outbox
from audit.models import Event
from tenants import clock
from tests.fakes.mcp import Reply
from tests.workflows.definition_kit import definition
from tests.workflows.mcp.mcp_kit import turn_on
from tests.workflows.oauth.oauth_kit import RESOURCE, Signing, protect
from workflows.mcp.servers import request_look
from workflows.models import Call, McpServer
from workflows.oauth.renewing import delay_before_call, note_refused

ACT = """
  - name: it
    act: {tool: desk.refund, args: {order: "input.order_id"}}
"""


@pytest.fixture
def acting(signing: Signing) -> Signing:
    """A connected server, a tool of which writes, and an approved action is about to be made."""
    signing.connect()
    turn_on(signing.server(), "refund", actor=signing.staff, effect="write")
    signing.lane.use(definition(ACT, slug="oauth-refund"))
    signing.lane.start()
    return signing


def expire(signing: Signing) -> None:
    """Let the token run out unused, here and there."""
    clock.pass_time(timedelta(hours=2))
    for token in signing.issuer.tokens.values():
        token.ok = False


def test_a_call_goes_with_the_token(acting: Signing) -> None:
    acting.lane.decide()
    assert acting.lane.run().status == "done"
    assert len(acting.fake.calls) == 1
    assert acting.issuer.grants() == ["authorization_code"]


def test_an_ended_token_is_renewed_before_the_call(acting: Signing) -> None:
    before = acting.row()
    expire(acting)
    acting.lane.decide()
    acting.lane.pass_time(seconds=2)
    assert acting.lane.run().status == "done"
    assert acting.issuer.grants() == ["authorization_code", "refresh_token"]
    sent = acting.issuer.at("/token")[1].fields
    assert sent["resource"] == acting.fake.url
    after = acting.row()
    assert after.generation == before.generation + 1
    assert bytes(after.refresh) != bytes(before.refresh)  # the rotated one is kept
    expire(acting)
    assert delay_before_call(Tool.objects.get(name="desk.refund")) is not None
    outbox.drain()
    assert acting.row().generation == 3


def test_a_server_that_does_not_rotate_keeps_the_former_refresh_token(acting: Signing) -> None:
    acting.issuer.rotates = False
    before = acting.row()
    expire(acting)
    acting.lane.decide()
    acting.lane.pass_time(seconds=2)
    assert acting.lane.run().status == "done"
    assert bytes(acting.row().refresh) == bytes(before.refresh)


def test_a_refused_renewal_sends_nothing_and_asks_a_person_to_connect_again(
    acting: Signing,
) -> None:
    """D4: nothing is in doubt, because nothing was sent."""
    acting.issuer.refreshes.clear()
    expire(acting)
    acting.lane.decide()
    acting.lane.pass_time(seconds=2)
    assert acting.fake.calls == []
    raised = acting.lane.exception()
    assert raised.draft["cause"] == "connection"
    assert "desk-sign-in is not connected any more" in raised.draft["problem"]
    row = acting.row()
    assert (row.state, row.access, row.refresh) == ("lost", None, None)
    assert "does not take the sign-in any more" in row.problem
    assert Event.objects.filter(verb="connection.lost").count() == 1


def test_a_token_that_is_refused_is_renewed_once_and_the_call_made_again(
    acting: Signing,
) -> None:
    for token in acting.issuer.tokens.values():
        token.ok = False  # it still holds, by what we know
    acting.lane.decide()
    acting.lane.pass_time(seconds=30)
    acting.lane.pass_time(seconds=30)
    assert acting.lane.run().status == "done"
    assert acting.issuer.grants() == ["authorization_code", "refresh_token"]
    assert len(acting.fake.calls) == 1
    assert Call.objects.filter(kind="tool").count() == 2


def test_a_token_that_is_refused_again_fails_the_call(acting: Signing) -> None:
    """Refreshed once, then failed: never a loop."""
    acting.fake.guard = lambda headers: Reply(401, headers={"WWW-Authenticate": "Bearer"})
    acting.lane.decide()
    for _ in range(6):
        acting.lane.pass_time(seconds=30)
    assert acting.issuer.grants() == ["authorization_code", "refresh_token"]
    assert acting.lane.exception().draft["cause"] == "token_refused"
    assert acting.fake.calls == []


def test_a_scope_that_lacks_is_named(acting: Signing) -> None:
    said = 'Bearer error="insufficient_scope", scope="refunds:write", resource_metadata="x"'
    acting.fake.bend["tools/call"] = lambda message, request: Reply(
        403, headers={"WWW-Authenticate": said}
    )
    acting.lane.decide()
    acting.lane.pass_time(seconds=30)
    raised = acting.lane.exception()
    assert raised.draft["cause"] == "connection"
    assert "lacks the scope refunds:write" in raised.draft["problem"]
    assert acting.issuer.grants() == ["authorization_code"]


def test_an_authorization_server_that_is_away_is_asked_again(acting: Signing) -> None:
    acting.issuer.bend["/token"] = lambda asked: Reply(503)
    expire(acting)
    acting.lane.decide()
    assert acting.row().failures == 1
    assert acting.fake.calls == []
    del acting.issuer.bend["/token"]
    for _ in range(3):
        acting.lane.pass_time(seconds=3)
    assert acting.lane.run().status == "done"
    assert acting.row().failures == 0


def test_an_authorization_server_that_stays_away_fails_the_call_unsent(acting: Signing) -> None:
    acting.issuer.bend["/token"] = lambda asked: Reply(503)
    expire(acting)
    acting.lane.decide()
    for _ in range(12):
        acting.lane.pass_time(seconds=5)
    assert acting.fake.calls == []
    assert acting.lane.exception().draft["cause"] == "connection"
    assert acting.row().state == "connected"  # it goes on once that server is back
    del acting.issuer.bend["/token"]
    acting.lane.pass_time(minutes=6)
    assert acting.row().failures == 0


def test_a_token_in_use_is_renewed_before_it_ends(acting: Signing) -> None:
    acting.lane.decide()
    acting.lane.pass_time(minutes=58)
    assert acting.issuer.grants() == ["authorization_code", "refresh_token"]


def test_another_issuer_is_seen_at_a_renewal_and_gets_nothing(acting: Signing) -> None:
    """G4"""
    said = {"resource": acting.fake.url, "authorization_servers": ["https://evil.example"]}
    acting.fake.pages[RESOURCE] = Reply(body=json.dumps(said).encode())
    clock.pass_time(timedelta(days=2))
    request_look(acting.server(), actor=acting.staff)
    outbox.drain()
    row = acting.row()
    assert (row.state, row.access, row.client_id, row.issuer) == ("lost", None, "", "")
    assert "Another authorization server" in row.problem
    assert not Tool.objects.get(name="desk.refund").enabled
    assert acting.issuer.grants() == ["authorization_code"]


def test_a_look_renews_too(signing: Signing) -> None:
    signing.connect()
    expire(signing)
    request_look(signing.server(), actor=signing.staff)
    outbox.drain()
    signing.lane.pass_time(seconds=2)
    assert McpServer.objects.get().problem == ""
    for token in signing.issuer.tokens.values():
        token.ok = False
    signing.lane.pass_time(minutes=5)
    request_look(signing.server(), actor=signing.staff)
    outbox.drain()
    signing.lane.pass_time(seconds=4)
    assert McpServer.objects.get().problem == ""
    assert signing.issuer.grants().count("refresh_token") == 2


def test_a_token_is_in_no_answer_that_is_kept(acting: Signing) -> None:
    """G5: a server that repeats what it was sent."""
    acting.fake.bend["tools/call"] = lambda message, request: {
        "content": [{"type": "text", "text": f"You sent {request}"}]
    }
    acting.lane.decide()
    kept = json.dumps(Call.objects.get(kind="tool").response)
    assert "[a credential]" in kept
    for secret in acting.issuer.secrets_issued():
        assert secret not in kept


def test_a_token_in_an_error_is_kept_nowhere(acting: Signing) -> None:
    """G5"""
    token = next(iter(acting.issuer.tokens))
    acting.fake.bend["tools/call"] = lambda message, request: Reply(
        400, json.dumps({"error": f"bad token {token}"}).encode()
    )
    acting.lane.decide()
    raised = acting.lane.exception()
    assert token not in json.dumps(raised.draft) + json.dumps(raised.evidence)
    assert token not in repr(list(Call.objects.values()))


def test_protecting_a_server_afterwards_is_told(signing: Signing) -> None:
    protect(signing.fake, signing.issuer, scope="")
    assert signing.connect().scope == ""


@pytest.mark.parametrize("seconds", [0, 1, 10, 30, 60])
def test_a_call_is_made_with_a_token_that_always_ends_soon(acting: Signing, seconds: int) -> None:
    acting.issuer.seconds = seconds
    expire(acting)
    acting.lane.decide()
    acting.lane.pass_time(seconds=1)
    acting.lane.pass_time(seconds=1)
    assert acting.lane.run().status == "done"
    assert acting.issuer.grants() == ["authorization_code", "refresh_token"]


def test_calls_go_on_while_somebody_connects_again(acting: Signing) -> None:
    """The former token serves, and is renewed, until there is another."""
    acting.begin()
    expire(acting)
    acting.lane.decide()
    acting.lane.pass_time(seconds=2)
    assert acting.lane.run().status == "done"
    assert acting.issuer.grants() == ["authorization_code", "refresh_token"]
    row = acting.row()
    assert (row.state, row.shown_state) == ("ready", "connected")  # nobody signed in


def test_a_renewal_leaves_an_attempt_to_connect_again_as_it_is(acting: Signing) -> None:
    acting.begin()
    clock.pass_time(timedelta(minutes=5))
    row = acting.row()
    assert note_refused(row, clock.now())
    outbox.drain()
    assert acting.row().generation == row.generation + 1
    acting.answer()
    outbox.drain()
    assert (acting.row().state, acting.row().attempt) == ("connected", None)


def test_a_connection_that_is_lost_while_somebody_connects_it_again_waits_for_them(
    acting: Signing,
) -> None:
    acting.begin()
    acting.issuer.refreshes.clear()
    assert note_refused(acting.row(), clock.now())
    outbox.drain()
    row = acting.row()
    assert (row.state, row.access) == ("ready", None)
    assert Event.objects.filter(verb="connection.lost").count() == 1
    acting.answer()
    outbox.drain()
    assert acting.row().state == "connected"
