"""Validation of what may leave without a person's yes. Pure.

A step is refused where three things meet in it: it knows the client's private data, it has read
words of strangers, and it may ask outside without approval. Whoever wrote the words could have the
data sent to them. What steps before it gave counts as read.
"""

from collections.abc import Iterator, Mapping

from approvals.rules.never import Known
from tenants.text.sentences import joined_by_and
from workflows.definitions.definition import Definition, Step
from workflows.definitions.problems import Problem
from workflows.definitions.references import upstream
from workflows.definitions.world import World
from workflows.steps import handoff


def outward_problems(definition: Definition, world: World) -> Iterator[Problem]:
    """Yield a problem for each agent in which private data, strangers' words and a way out meet."""
    for index, step in enumerate(definition.steps):
        if step.kind != "agent":
            continue
        tools = [name for name in step.settings.tools if _asks_outside(name, world.tools)]
        flows = [slug for slug in step.settings.workflows if slug in world.outward]
        if not (tools or flows):
            continue
        before = upstream(definition, step.name)
        known = [step, *(one for one in definition.steps if one.name in before)]
        private = [said for one in known for said in _private(one, definition, world)]
        strange = [said for one in known for said in _strangers(one, world)]
        if private and strange:
            path = ("tools", step.settings.tools.index(tools[0])) if tools else ("workflows",)
            said = (
                f"{step.name} knows private data ({joined_by_and(private)}), reads words of "
                f"strangers ({joined_by_and(strange)}), and may send both outside with "
                f"{joined_by_and([*tools, *flows])}, which nobody approves. Take one of the three "
                "away."
            )
            yield Problem(("steps", index, "agent", *path), said)


def outward_workflows(
    definitions: Mapping[str, Definition | None], tools: Mapping[str, Known]
) -> frozenset[str]:
    """Return the slugs of the workflows that ask outside, themselves or through others."""
    out = {
        slug
        for slug, found in definitions.items()
        if found is not None
        and any(
            _asks_outside(name, tools)
            for step in found.of_kind("agent")
            for name in step.settings.tools
        )
    }
    while more := {
        slug
        for slug, found in definitions.items()
        if slug not in out and found is not None and handoff.targets(found) & out
    }:
        out |= more
    return frozenset(out)


def _asks_outside(name: str, tools: Mapping[str, Known]) -> bool:
    return name in tools and tools[name].asks_outside


def _private(step: Step, definition: Definition, world: World) -> list[str]:
    """Return what private data a step reads, in words. Sources marked as public hold none."""
    if step.kind == "retrieve":
        names = [name for name in step.settings.records if name not in world.public]
        return [f"the records of {name}" for name in names]
    if step.kind == "handoff":
        return [f"what {step.settings.workflow} gives"]
    if step.kind != "agent":
        return []
    named = [name for name in step.settings.tools if name in world.tools]
    reads = [n for n in named if not world.tools[n].kind and not world.tools[n].asks_outside]
    granted = [name for name in definition.head.sources if name not in world.public]
    own = ["the sources"] if step.settings.look_up and granted else []
    return [*own, *reads, *(f"what {slug} gives" for slug in step.settings.workflows)]


def _strangers(step: Step, world: World) -> list[str]:
    """Return where a step reads words of strangers, in words."""
    if step.kind == "generate":
        return [f"the request in {step.name}"]
    if step.kind != "agent":
        return []
    asked = [name for name in step.settings.tools if _asks_outside(name, world.tools)]
    request = [f"the request in {step.name}"] if step.settings.request else []
    return [*request, *(f"the answers of {name}" for name in asked)]
