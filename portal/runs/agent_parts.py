"""Parts of an agent step in a run's trace: its turns, calls and proposals, in their order."""

from uuid import UUID

from approvals.models import Tool
from approvals.rules.phrases import show, spelled_out
from portal.runs.step_trace import Review, StepTrace, call_trace
from workflows.definitions.definition import Step, is_part, step_of_part
from workflows.engine.agents.parts import ACT, FEEDBACK, HANDOFF, RETRIEVE, TURN, calls_asked
from workflows.models import Call, Run, StepRun

LONGEST_BRIEF = 120  # characters of a part's line


def part_traces(
    step: Step,
    rows: list[StepRun],
    calls: list[Call],
    reviews: list[Review],
    children: dict[UUID, Run],
    titles: dict[str, str],
    locale: str,
) -> list[StepTrace]:
    """Return the parts of an agent step, oldest first; none of any other step.

    ``titles`` are those of tools by their names; ``locale`` is for amounts of money.
    """
    made = {a.proposal.step: a.proposal.tool_name for review in reviews for a in review.actions}
    parts = [row for row in rows if is_part(row.name) and step_of_part(row.name) == step.name]
    ids = frozenset(review.item.pk for review in reviews)
    return [
        StepTrace(
            row.name,
            row.kind,
            _part_words(row, made, titles),
            "",
            row=row,
            calls=[call_trace(call, row) for call in calls if call.step_id == row.pk],
            child=children.get(row.pk),
            item_ids=ids,
            brief=_shortened(_brief(row, titles, locale)),
        )
        for row in sorted(parts, key=lambda row: row.pk)
    ]


def tool_titles(rows: list[StepRun], reviews: list[Review]) -> dict[str, str]:
    """Return the titles of the tools that agents called or proposed. One query, none without."""
    parts = [row for row in rows if is_part(row.name)]
    names = {str((row.output or {}).get("tool", "")) for row in parts}
    names |= {call["name"] for row in parts if row.kind == TURN for call in calls_asked(row)}
    names |= (
        {a.proposal.tool_name for review in reviews for a in review.actions} if parts else set()
    )
    found = Tool.objects.filter(name__in=names - {""}) if parts else Tool.objects.none()
    return dict(found.values_list("name", "title"))


def _part_words(row: StepRun, tools: dict[str, str], titles: dict[str, str]) -> str:
    """Describe a part in a few words. ``tools`` are those of proposed actions."""
    output = row.output or {}
    if row.kind == TURN:
        return "asks its model"
    if row.kind == FEEDBACK:
        return "was sent back"
    if row.kind == RETRIEVE:
        return "looks in the sources"
    if row.kind == HANDOFF:
        return "hands a part over"
    name = tools.get(row.name) or output.get("tool", "")
    tool = _called(name, titles) if name else "a tool"
    if row.kind == ACT:
        return f"proposes {tool}"
    return f"may not call {tool}" if output.get("refused") else f"calls {tool}"


def _called(name: str, titles: dict[str, str]) -> str:
    """Return what people call a tool; its name where there is no such tool."""
    return spelled_out(f"“{titles[name]}”" if name in titles else name)


def _brief(row: StepRun, titles: dict[str, str], locale: str) -> str:
    """Return what a part was about, for its line: the calls asked for, or its arguments."""
    output = row.output or {}
    if row.kind == TURN:
        asked = [_called(call["name"], titles) for call in calls_asked(row)]
        return ", ".join(asked) or ("answers" if row.status == "done" else "")
    if row.kind == FEEDBACK:
        return f"{output.get('by', '')}: {output.get('said', '')}"
    if output.get("refused"):
        return str(output["refused"])
    args = output.get("args", {})
    return ", ".join(f"{name} {show(value, locale)}" for name, value in args.items())


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_BRIEF else f"{line[: LONGEST_BRIEF - 1]}…"
