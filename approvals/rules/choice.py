"""The choice a person makes about an item. Pure."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """A person's choice about an item with the content ``content_hash``.

    ``draft`` is their version of the draft's text, ``args`` their version of arguments by proposal
    position. ``given`` is what a way out of an exception needs. ``seconds`` is how long they
    looked. ``is_one_of_many``: the choice was made for a batch. ``knew`` are ids of items of which
    they were told that an earlier action did the same.
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
