"""What a person says about an item. Pure."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose, about the content with this hash.

    ``draft`` is their version of the draft's text; ``args`` their version of
    arguments by proposal position. ``given`` is what a way out of an exception needs.
    ``seconds`` is how long they looked; ``is_one_of_many``: they chose for several at once.
    ``knew`` names the items that they were told do the same as their version.
    """

    choice: str
    content_hash: str
    reason: str = ""
    words: str = ""
    draft: str | None = None
    args: dict[int, dict[str, Any]] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    seconds: int | None = None
    is_one_of_many: bool = False
    knew: frozenset[str] = frozenset()
