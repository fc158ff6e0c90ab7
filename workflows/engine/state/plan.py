"""Which steps may begin now. Pure."""

from collections.abc import Mapping

from workflows.definitions.definition import Definition, Step

OVER = {"done", "skipped", "failed", "cancelled"}


def ready(definition: Definition, status: Mapping[str, str]) -> list[Step]:
    """Steps that have not begun and whose needs are over.

    An action waits until the needs of its whole group outside the group are over,
    because the group goes before a person as one.
    """
    return [
        step
        for step in definition.steps
        if step.name not in status and _needs_over(definition, step, status)
    ]


def blocked(definition: Definition, step: Step, status: Mapping[str, str]) -> bool:
    """Whether a need has failed, or was skipped because one of its own had."""
    for need in step.head.needs:
        now = status.get(need)
        if now in ("failed", "cancelled"):
            return True
        if now == "skipped" and blocked(definition, definition.step(need), status):
            return True
    return False


def group_of(definition: Definition, step: Step) -> list[Step]:
    """The actions reviewed together with ``step``, in the order they are performed."""
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
    """Members so that each comes after those it needs; cycles were refused when saved."""
    ordered: list[Step] = []
    while len(ordered) < len(members):
        placed = {step.name for step in ordered}
        inside = {step.name for step in members}
        ordered += [s for s in members if s not in ordered and set(s.head.needs) & inside <= placed]
    return ordered
