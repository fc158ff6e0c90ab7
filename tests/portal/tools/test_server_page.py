"""What a server claims of its tools, in words."""

from typing import Any

import pytest

from portal.tools.server_page import BADGES, claims_of
from workflows.mcp.offers import OfferedTool


@pytest.mark.parametrize(
    ("hints", "said"),
    [
        (None, ""),
        ({"readOnlyHint": True}, "it only reads"),
        (
            {"readOnlyHint": False, "destructiveHint": True},
            "it changes something, it may destroy something",
        ),
        ({"idempotentHint": False}, ""),
        ({"readOnlyHint": "yes", "title": 5}, ""),
    ],
)
def test_claims_are_said_in_words(hints: dict[str, Any] | None, said: str) -> None:
    assert claims_of(OfferedTool("x", annotations=hints)) == said


def test_each_state_has_a_badge() -> None:
    assert set(BADGES) == {"on", "off", "new", "renamed", "changed"}
