"""Differences of two definitions in sentences, as a picture and as text."""

from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from portal.review.item.text_diff import Block, redline
from portal.workflows.diagram import svg
from portal.workflows.uses import tools_here
from workflows.definitions import diff, tool_use, trust_changes
from workflows.definitions.definition import Definition
from workflows.definitions.problems import DefinitionError
from workflows.validation.parse import parse


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences of two definitions; only those of the text where one can't be parsed."""

    blocks: list[Block]
    sentences: list[trust_changes.Change] = field(default_factory=list)
    picture: str = ""
    steps: list[str] = field(default_factory=list)
    can_be_read: bool = True

    def __bool__(self) -> bool:
        return bool(self.blocks)


def between(
    before: str,
    after: str,
    *,
    read: Definition | None = None,
    tools: dict[str, tool_use.UsedTool] | None = None,
    ident: str = "drawing",
) -> Changes:
    """Return the differences of two definitions, both given as whole texts.

    A caller may pass ``after`` parsed as ``read``, and the result of ``tools_here`` as ``tools``.
    ``ident`` begins the ids of the SVG, so that one page can hold several.
    """
    blocks = redline(before, after)
    old, new = _read(before), read or _read(after)
    if old is None or new is None:
        return Changes(blocks, can_be_read=False)
    new = diff.drawable(new)
    marks = diff.difference(old, new).marks()
    drawn = diff.drawable(diff.with_removed_steps(old, new))
    return Changes(
        blocks,
        trust_changes.trust_changes(old, new, tools_here() if tools is None else tools),
        # Safe: the SVG escapes every text that comes from the definition.
        SafeString(svg.draw(drawn, marks, ident=ident)),
        svg.sentences(drawn, marks),
    )


def _read(text: str) -> Definition | None:
    try:
        return parse(text)[0]
    except DefinitionError:
        return None
