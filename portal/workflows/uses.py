"""Tools that a definition may use, in words: what each does, and when."""

from collections.abc import Iterable

from approvals.gate.tools import live_tools
from workflows.definitions import tool_use
from workflows.definitions.definition import Definition

# When a tool is called, by the ladder's outcome.
MAY = {
    "allow": "by itself",
    "permit": "only once a person approved it",
    "hold": "a person looks at each",
    "refuse": "refused: the rung is too low",
    "": "there is no such tool here",
}


def tools_here() -> dict[str, tool_use.UsedTool]:
    """Return the tenant's tools by name, with what a summary tells of each."""
    return {
        t.name: tool_use.UsedTool(t.name, t.title, t.effect, t.kind or "") for t in live_tools()
    }


def used_tools(
    definition: Definition | None, rungs: Iterable[str]
) -> list[tuple[tool_use.Use, str]]:
    """Return each tool of a definition with when it is called. One query where there are any."""
    if definition is None or not tool_use.tools_of(definition):
        return []
    found = tool_use.uses(definition, tools_here(), rungs)
    return [(use, MAY[use.outcome]) for use in found]
