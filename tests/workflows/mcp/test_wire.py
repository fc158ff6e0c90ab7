"""What a failed conversation means, by what its transport saw."""

import pytest

from workflows.exceptions.causes import Cause
from workflows.mcp.wire import LARGEST, Wire, conversation_failure
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest
from workflows.tools.egress import HttpAnswer

ACTS, READS = ToolRequest("mcp", {}, {}, "k"), ToolRequest("mcp", {}, {}, "k", acts=False)


class Coded(Exception):
    def __init__(self, code: int) -> None:
        super().__init__("words")
        self.code = code


@pytest.mark.parametrize(
    ("sent", "error", "failure"),
    [
        (False, TimeoutError(), ToolFailed),
        (True, TimeoutError(), ToolInDoubt),
        (False, Coded(-32603), ToolFailed),
        (True, Coded(-32603), ToolInDoubt),
        (True, Coded(-32602), ToolFailed),
        (True, Coded(-32000), ToolInDoubt),
        (False, ValueError("junk"), ToolFailed),
        (True, ValueError("junk"), ToolInDoubt),
    ],
)
def test_only_what_was_sent_may_have_acted(
    sent: bool, error: Exception, failure: type[Exception]
) -> None:
    wire = Wire(sent=["sent"] if sent else [])
    assert isinstance(conversation_failure(wire, ACTS, error, []), failure)
    assert isinstance(
        conversation_failure(wire, READS, ExceptionGroup("", [error]), []), ToolFailed
    )


def test_an_answer_that_is_none_is_told_without_the_words_of_the_library() -> None:
    found = conversation_failure(Wire(sent=["sent"]), ACTS, Coded(-32700), [])
    assert isinstance(found, ToolInDoubt)
    assert str(found) == "It does not answer as an MCP server does."


def test_the_answer_over_http_says_more_than_the_sdk() -> None:
    wire = Wire(sent=["sent"], refusal=HttpAnswer(401, "", b""))
    found = conversation_failure(wire, ACTS, Coded(-32603), [])
    assert isinstance(found, ToolFailed)
    assert found.cause is Cause.KEY_REFUSED


def test_a_failure_that_a_transport_raised_is_found_in_its_groups() -> None:
    said = ToolFailed("The address is inside.", cause=Cause.HOST)
    group = ExceptionGroup("", [ExceptionGroup("", [ValueError()]), ExceptionGroup("", [said])])
    assert conversation_failure(Wire(), ACTS, group, []) is said


def test_too_much_ends_the_conversation() -> None:
    wire = Wire()
    wire.count(LARGEST)
    with pytest.raises(ToolFailed, match="more than 4 MB"):
        wire.count(1)
    assert wire.failure is not None


def test_what_a_server_wanted_of_us_is_said() -> None:
    found = conversation_failure(Wire(wanted=["our files (roots)"]), READS, Coded(-1), [])
    assert "It asked for our files (roots)" in str(found)
