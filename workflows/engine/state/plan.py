"""Steps of a definition in order: which may begin, which are blocked, which form a group. Pure."""

from collections.abc import Mapping

from workflows.definitions.definition import Definition, Step

OVER = {"done", "skipped", "failed", "cancelled"}


def ready(definition: Definition, status: Mapping[str, str]) -> list[Step]:
    """Return the steps that have not begun and whose needs are over.

    An action waits for the needs of its whole group, because the group is reviewed as one item.
    """
    return [
        step
        for step in definition.steps
        if step.name not in status and _needs_over(definition, step, status)
    ]


def blocked(definition: Definition, step: Step, status: Mapping[str, str]) -> bool:
    """Whether a step's need has failed, or was skipped because one of its own needs had failed."""
    for need in step.head.needs:
        now = status.get(need)
        if now in ("failed", "cancelled"):
            return True
        if now == "skipped" and blocked(definition, definition.step(need), status):
            return True
    return False


def group_of(definition: Definition, step: Step) -> list[Step]:
    """Return the actions reviewed together with ``step``, in the order they are performed."""
    if not step.settings.group:
        return [step]
    members = [s for s in definition.of_kind("act") if s.settings.group == step.settings.group]
    return _in_order(members)


def finished(definition: Definition, status: Mapping[str, str]) -> bool:
    """Whether every step is over."""
    return all(status.get(step.name) in OVER for step in definition.steps)


def _needs_over(definition: Definition, step: Step, status: Mapping[str, str]) -> bool:
    group = group_of(definition, step) if step.kind == "act" else [step]
    inside = {member.name for member in group}
    needs = {need for member in group for need in member.head.needs} - inside
    return all(status.get(need) in OVER for need in needs)


def _in_order(members: list[Step]) -> list[Step]:
    """Sort the actions so that each comes after its needs; validation has refused cycles."""
    ordered: list[Step] = []
    while len(ordered) < len(members):
        placed = {step.name for step in ordered}
        inside = {step.name for step in members}
        ordered += [s for s in members if s not in ordered and set(s.head.needs) & inside <= placed]
    return ordered
