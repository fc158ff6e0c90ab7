"""The HTML of a page in a form in which white space between tags makes no difference."""

import re
from typing import Any


def squeezed(html: str) -> str:
    """HTML with white space made one, and without any beside a tag's brackets."""
    return re.sub(r" ?([<>]) ?", r"\1", " ".join(html.split()))


class Markup(str):
    """A page's HTML, squeezed; what is looked for in it is squeezed likewise."""

    def __new__(cls, html: str) -> "Markup":
        return super().__new__(cls, squeezed(html))

    def __contains__(self, part: object) -> bool:
        return super().__contains__(squeezed(str(part)))

    def count(self, part: str, *between: Any) -> int:
        return super().count(squeezed(part), *between)

    def partition(self, part: str) -> tuple[str, str, str]:
        before, found, after = super().partition(squeezed(part))
        return Markup(before), found, Markup(after)

    def split(self, part: str | None = None, most: int = -1) -> list[str]:  # type: ignore[override]
        cut = squeezed(part) if part is not None else None
        return [Markup(one) for one in super().split(cut, most)]

    def index(self, part: str, *between: Any) -> int:
        return super().index(squeezed(part), *between)

    def find(self, part: str, *between: Any) -> int:
        return super().find(squeezed(part), *between)
