"""Messages to a chat of the client's: approved as written, to the checked place, never twice."""

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.gate.tools import add_tool
from tenants.errors import Invalid
from tenants.services.keys import set_secret
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from tests.lanes import Lane
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, chat

SETTINGS = {"address": "secret:crew-chat"}
KEPT = frozenset({"crew-chat"})
MESSAGE = {"title": "Order 10412", "text": "The lamp *broke* <b>again</b>.\nCall her back."}
TELLING = """
workflow: tell-crew
rung: execute_with_approval
brief: {why: The crew hears of what broke.}
steps:
  - name: tell
    act: {tool: crew.tell, args: {text: "input.message"}}
"""


@pytest.fixture
def crew(lane: Lane, settings: Any) -> Iterator[HttpSink]:
    """A chat at an address that is a secret; the deployment names its host."""
    with HttpSink() as sink:
        allow(sink.host)
        settings.CHAT_HOSTS = [sink.host]
        address = f"json://{sink.host}/hook/t0ken-of-the-crew"
        set_secret(name="crew-chat", value=address, actor=lane.world.staff(lane.client))
        yield sink


def send(lane: Lane, args: dict[str, Any]) -> dict[str, Any]:
    resolved = chat.resolve(SETTINGS, lane.tenant())
    return chat.carry_out(ToolRequest("chat", resolved, args, "the-key"))


def test_a_message_arrives_as_it_is_written(lane: Lane, crew: HttpSink) -> None:
    chat.check(SETTINGS, MESSAGE, lane.tenant(), KEPT)
    assert send(lane, MESSAGE) == {"service": "JSON"}
    [told] = crew.requests
    assert told["path"] == "/hook/t0ken-of-the-crew"
    assert (told["body"]["title"], told["body"]["message"]) == (MESSAGE["title"], MESSAGE["text"])


def test_a_service_that_does_not_say_that_it_took_it_is_in_doubt(
    lane: Lane, crew: HttpSink
) -> None:
    """D4"""
    crew.status = 500
    with pytest.raises(ToolInDoubt) as doubt:
        send(lane, MESSAGE)
    assert "t0ken" not in str(doubt.value)
    assert len(crew.requests) == 1


def test_a_place_that_is_allowed_no_more_is_not_called(
    lane: Lane, crew: HttpSink, settings: Any
) -> None:
    """G3, G9: between the approval and the call the deployment took the host off its list."""
    resolved = chat.resolve(SETTINGS, lane.tenant())
    settings.CHAT_HOSTS = []
    with pytest.raises(Invalid):
        chat.resolve(SETTINGS, lane.tenant())
    with pytest.raises(ToolFailed):
        chat.carry_out(ToolRequest("chat", resolved, MESSAGE, "the-key"))
    settings.CHAT_HOSTS, settings.ALLOWED_PRIVATE_HOSTS = [crew.host], []
    with pytest.raises(ToolFailed):
        chat.carry_out(ToolRequest("chat", resolved, MESSAGE, "the-key"))
    assert crew.requests == []


@pytest.mark.parametrize(
    "address", ["exec://sh/-c/id", "json://127.0.0.1:1/x", "file:///etc", "no address", ""]
)
def test_an_address_of_another_kind_is_no_chat(lane: Lane, crew: HttpSink, address: str) -> None:
    set_secret(name="crew-chat", value=address or " x", actor=lane.world.staff(lane.client))
    with pytest.raises(Invalid):
        chat.resolve(SETTINGS, lane.tenant())


@pytest.mark.parametrize(
    "settings",
    [{}, {"address": "json://x/y"}, {"address": "secret:"}, {"address": 5}, SETTINGS | {"a": 1}],
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        chat.check_settings(settings)


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"text": " \u200b "},
        {"text": 5},
        {"text": "x" * 2001},
        {"text": "x" * 1990, "title": "y" * 9},
        {"text": "x", "title": "a\nb"},
        {"text": "x", "to": "#all"},
    ],
)
def test_what_can_not_be_sent_whole_is_refused(lane: Lane, args: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        chat.check(SETTINGS, args, lane.tenant(), KEPT)


@pytest.mark.parametrize("args", [{"text": "x" * 2000}, {"text": "x" * 1990, "title": "y" * 8}])
def test_what_every_service_takes_whole_is_sent(lane: Lane, args: dict[str, Any]) -> None:
    chat.check(SETTINGS, args, lane.tenant(), KEPT)


def test_a_secret_that_is_not_kept_is_named(lane: Lane) -> None:
    with pytest.raises(Invalid, match="crew-chat is not kept here"):
        chat.check(SETTINGS, MESSAGE, lane.tenant(), frozenset())


def test_nothing_is_said_before_a_person_approved_it(lane: Lane, crew: HttpSink) -> None:
    """G5: the address is nowhere in what is kept of it."""
    text = {"type": "string", "maxLength": 2000}
    add_tool(
        name="crew.tell",
        title="Tell the crew",
        adapter="chat",
        effect="write",
        kind="send",
        settings=SETTINGS,
        args_schema={"type": "object", "required": ["text"], "properties": {"text": text}},
        actor=lane.world.staff(lane.client),
    )
    lane.use(TELLING)
    lane.start()
    assert crew.requests == []
    lane.decide()
    assert len(crew.requests) == 1
    assert lane.statuses() == {"tell": "executed"}
    assert "t0ken" not in str([(call.request, call.response) for call in lane.calls("tool")])
