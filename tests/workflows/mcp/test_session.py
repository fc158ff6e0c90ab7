"""Conversations by the SDK: which revision, and what a server is told that it may ask."""

import pytest

from tests.fakes.doors import allow
from tests.fakes.mcp import LEGACY, MODERN, McpFake, tool
from tests.workflows.mcp.mcp_kit import look, send, settings_of
from workflows.mcp.session import GuardedSession
from workflows.mcp.settings import ServerPlace
from workflows.mcp.wire import Wire
from workflows.tools import ToolFailed

CAPABLE = "io.modelcontextprotocol/clientCapabilities"


def test_the_newest_revision_is_spoken_and_the_older_where_there_is_no_other() -> None:
    for legacy, revision in ((False, MODERN), (True, LEGACY)):
        with McpFake(legacy=legacy) as server:
            allow(server.host)
            server.tools["look"] = tool("look")
            place = ServerPlace(address=server.url)
            offer = look(place)
            assert offer.revision == revision
            before = len(server.asked)
            send(settings_of(offer, "look", place), {"order": "1"})
            # What was spoken last is spoken first.
            assert server.asked[before]["method"] == ("initialize" if legacy else "server/discover")


def test_a_server_may_ask_by_a_form_and_nothing_else() -> None:
    with McpFake() as server:
        allow(server.host)
        look(ServerPlace(address=server.url))
        meta = server.asked[-1]["params"]["_meta"]
        assert meta[CAPABLE] == {"elicitation": {"form": {}}}
    with McpFake(legacy=True) as server:
        allow(server.host)
        look(ServerPlace(address=server.url))
        (hello,) = [one for one in server.asked if one.get("method") == "initialize"]
        assert hello["params"]["capabilities"] == {}


@pytest.mark.parametrize("part", ["inputSchema", "outputSchema", "annotations"])
def test_a_tool_that_can_not_be_kept_is_told_in_words(part: str) -> None:
    with McpFake() as server:
        allow(server.host)
        more = {"type": "object"} if part != "annotations" else {}
        server.tools["look"] = tool("look", **{part: more | {"title": "\x00"}})
        with pytest.raises(ToolFailed, match="a character that can't be kept"):
            look(ServerPlace(address=server.url))
        server.tools["look"] = tool("look", **{part: more | {"title": "\\u0000"}})
        assert look(ServerPlace(address=server.url)).tool("look")


def test_the_sdk_still_asks_these_two_of_its_own_methods() -> None:
    """They are overridden: a release of the SDK that names them otherwise must not go unseen."""
    for name in ("_build_capabilities", "validate_tool_result"):
        assert name in vars(GuardedSession)
        assert name in vars(GuardedSession.__mro__[1])
    assert Wire().wanted == []
