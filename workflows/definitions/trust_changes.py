"""Changes between two versions in plain sentences, for the people who relied on the old one. Pure.

Every difference is named: one without a sentence of its own is listed as changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from approvals.rules.ladder import ORDER, Rung
from approvals.rules.never import Rule
from workflows.definitions import tool_use
from workflows.definitions.definition import Definition, Step
from workflows.definitions.diff import Difference, difference
from workflows.definitions.tool_use import UsedTool

MORE, OTHER, LESS = "more", "other", "less"
NAMED = {"rung", "sources", "never"}  # settings of the head that have sentences of their own


@dataclass(frozen=True, slots=True)
class Change:
    """Change between versions. ``way``: the workflow may do more, less or other things by it."""

    way: str
    sentence: str


def trust_changes(
    before: Definition, after: Definition, tools: Mapping[str, UsedTool]
) -> list[Change]:
    """Return every change between two definitions, those that allow more first."""
    found = difference(before, after)
    said = [
        *_rung(before.head.rung, after.head.rung, "Rung"),
        *_sources(before, after),
        *_tools(before, after, tools),
        *_never(before, after),
        *_steps(before, after, found),
        *_head(before, after, found),
    ]
    return sorted(said, key=lambda change: (MORE, OTHER, LESS).index(change.way))


def _rung(before: str | None, after: str | None, what: str) -> Iterator[Change]:
    """Yield the change of a rung; a rung that is left out is the highest."""
    old, new = (Rung(rung) if rung else ORDER[-1] for rung in (before, after))
    if old == new:
        return
    raised = ORDER.index(new) > ORDER.index(old)
    words = [rung.replace("_", " ") for rung in (old, new)]
    yield Change(
        MORE if raised else LESS,
        f"{what} {'raised' if raised else 'lowered'} from {words[0]} to {words[1]}.",
    )


def _sources(before: Definition, after: Definition) -> Iterator[Change]:
    old, new = before.head.sources, after.head.sources
    yield from (Change(MORE, f"May now read {name}.") for name in new if name not in old)
    yield from (Change(LESS, f"No longer reads {name}.") for name in old if name not in new)


def _tools(
    before: Definition, after: Definition, tools: Mapping[str, UsedTool]
) -> Iterator[Change]:
    old, new = tool_use.tools_of(before), tool_use.tools_of(after)
    for name in new:
        if name not in old:
            yield Change(MORE, f"May now {tool_use.used_tool(name, tools).doing()}.")
    for name in old:
        if name not in new:
            yield Change(LESS, f"Can no longer {tool_use.used_tool(name, tools).doing()}.")


def _never(before: Definition, after: Definition) -> Iterator[Change]:
    old, new = (
        {_forbidden_part(n.rule()): n.rule() for n in d.head.never} for d in (before, after)
    )
    for bare, rule in old.items():
        if bare not in new:
            yield Change(MORE, f"A never-rule was removed: {rule.sentence()}")
    for bare, rule in new.items():
        if bare not in old:
            yield Change(LESS, f"A never-rule was added: {rule.sentence()}")
        elif old[bare].why != rule.why:
            yield Change(OTHER, f"The reason of a never-rule changed: {rule.sentence()}")


def _forbidden_part(rule: Rule) -> tuple[str, ...]:
    """Return what a never-rule forbids, without its reason."""
    return (rule.tool, rule.kind, rule.condition, rule.text)


def _head(before: Definition, after: Definition, found: Difference) -> Iterator[Change]:
    for name in found.head:
        match name:
            case "decide_within_hours":
                hours = f"{after.head.decide_within_hours} hours"
                sentence = f"A person has {hours} to decide, before it was "
                yield Change(OTHER, f"{sentence}{before.head.decide_within_hours}.")
            case _ if name.partition(".")[0] not in NAMED:
                yield Change(OTHER, f"Changed: {name}.")


# -- Steps --------------------------------------------------------------------------------


def _steps(before: Definition, after: Definition, found: Difference) -> Iterator[Change]:
    yield from (Change(OTHER, f"New step: {name}.") for name in found.added)
    yield from (Change(OTHER, f"Step {name} is gone.") for name in found.removed)
    for name, settings in found.changed.items():
        yield from _step(before.step(name), after.step(name), settings)


def _step(before: Step, after: Step, settings: tuple[str, ...]) -> Iterator[Change]:
    name = after.name
    if before.kind != after.kind:
        yield Change(OTHER, f"{name} is a {after.kind} step, before it was {before.kind}.")
        return
    rest = []
    for setting in settings:
        match setting:
            case "if":
                yield _condition(before, after)
            case "needs":
                yield from _needs(before, after)
            case "cite":
                yield _cite(before, after)
            case "rung":
                yield from _rung(before.settings.rung, after.settings.rung, f"Rung of {name}")
            case "group":
                yield Change(OTHER, _group(after))
            case _:
                rest.append(setting)
    if rest:
        yield Change(OTHER, f"{name} changed: {', '.join(rest)}.")


def _condition(before: Step, after: Step) -> Change:
    name, old, new = after.name, before.head.if_, after.head.if_
    if not new:
        return Change(MORE, f"{name} has no condition any more. Before: only if {old}.")
    if not old:
        return Change(LESS, f"{name} has a condition now: only if {new}.")
    return Change(OTHER, f"{name} has another condition: only if {new}. Before: only if {old}.")


def _needs(before: Step, after: Step) -> Iterator[Change]:
    old, new = before.head.needs, after.head.needs
    for need in old:
        if need not in new:
            yield Change(OTHER, f"{after.name} no longer waits for {need}.")
    for need in new:
        if need not in old:
            yield Change(OTHER, f"{after.name} waits for {need} now.")
    if sorted(old) == sorted(new):
        yield Change(OTHER, f"{after.name} names what it waits for in another order.")


def _cite(before: Step, after: Step) -> Change:
    name, cited = after.name, after.settings.cite
    if not cited:
        return Change(MORE, f"{name} no longer cites its sources.")
    if not before.settings.cite:
        return Change(LESS, f"{name} cites {cited} now.")
    return Change(OTHER, f"{name} cites {cited} now, before it was {before.settings.cite}.")


def _group(after: Step) -> str:
    group = after.settings.group
    if not group:
        return f"{after.name} goes before a person alone now."
    return f"{after.name} is approved together with the group {group} now."
