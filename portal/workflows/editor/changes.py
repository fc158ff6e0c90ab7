"""The difference between two definitions as people see it: in sentences, drawn, and as text."""

from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from approvals.gate.tools import live_tools
from portal.review.item.text_diff import Block, redline
from portal.workflows.diagram import svg
from workflows.definitions import diff, tool_use, trust_changes
from workflows.definitions.definition import Definition
from workflows.definitions.problems import DefinitionError
from workflows.validation.parse import parse


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs. Only the text where one of the two can't be read by this Handrail."""

    blocks: list[Block]
    sentences: list[trust_changes.Change] = field(default_factory=list)
    picture: str = ""
    steps: list[str] = field(default_factory=list)
    can_be_read: bool = True

    def __bool__(self) -> bool:
        return bool(self.blocks)


def tools_here() -> dict[str, tool_use.UsedTool]:
    """What there is to say of every tool of the tenant."""
    return {
        t.name: tool_use.UsedTool(t.name, t.title, t.effect, t.kind or "") for t in live_tools()
    }


def between(
    before: str,
    after: str,
    *,
    read: Definition | None = None,
    tools: dict[str, tool_use.UsedTool] | None = None,
    ident: str = "drawing",
) -> Changes:
    """What ``after`` changes in ``before``, both whole definitions as text.

    ``read`` and ``tools`` spare the work where a caller has them: ``after`` as it was parsed,
    and what ``tools_here`` gives. ``ident`` tells the pictures of one page apart.
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
        # The drawing escapes every text that comes from the definition.
        SafeString(svg.draw(drawn, marks, ident=ident)),
        svg.sentences(drawn, marks),
    )


def _read(text: str) -> Definition | None:
    try:
        return parse(text)[0]
    except DefinitionError:
        return None
