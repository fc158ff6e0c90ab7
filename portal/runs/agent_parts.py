"""Parts of an agent step in a run's trace: its turns, calls and proposals, in their order."""

from portal.runs.step_trace import Review, StepTrace, call_trace
from workflows.definitions.definition import Step, is_part, step_of_part
from workflows.engine.agents.parts import ACT, FEEDBACK, RETRIEVE, TURN
from workflows.models import Call, StepRun


def part_traces(
    step: Step, rows: list[StepRun], calls: list[Call], reviews: list[Review]
) -> list[StepTrace]:
    """Return the parts of an agent step, oldest first; none of any other step."""
    made = {a.proposal.step: a.proposal.tool_name for review in reviews for a in review.actions}
    parts = [row for row in rows if is_part(row.name) and step_of_part(row.name) == step.name]
    ids = frozenset(review.item.pk for review in reviews)
    return [
        StepTrace(
            row.name,
            row.kind,
            _part_words(row, made),
            "",
            row=row,
            calls=[call_trace(call, row) for call in calls if call.step_id == row.pk],
            item_ids=ids,
        )
        for row in sorted(parts, key=lambda row: row.pk)
    ]


def _part_words(row: StepRun, tools: dict[str, str]) -> str:
    """Describe a part in a few words. ``tools`` are those of proposed actions."""
    output = row.output or {}
    if row.kind == TURN:
        return "asks its model"
    if row.kind == FEEDBACK:
        return "was sent back"
    if row.kind == RETRIEVE:
        return "looks in the sources"
    tool = tools.get(row.name) or output.get("tool", "a tool")
    if row.kind == ACT:
        return f"proposes {tool}"
    return f"may not call {tool}" if output.get("refused") else f"calls {tool}"
