"""Layout of a definition's picture: boxes of steps in layers from left to right. Pure."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from workflows.definitions.definition import Definition, Step
from workflows.engine.state.plan import group_of

# All lengths are in pixels of the picture.
NODE_W, NODE_H = 184, 56
GAP_X, GAP_Y = 46, 24
PAD = 18
GROUP_HEAD, GROUP_PAD = 28, 14
START_W = 76
PILL_CHARS, PILL_LINE, PILL_LINES = 22, 15, 3
PILL_W = PILL_CHARS * 6.4 + 14


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One entry of a layer: a step, or the ``act`` steps of a group that is approved as one."""

    steps: tuple[Step, ...]
    group: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The names of the unit's steps."""
        return frozenset(step.name for step in self.steps)

    @property
    def needs(self) -> set[str]:
        """The steps outside the unit that its steps need."""
        return {need for step in self.steps for need in step.head.needs} - self.names


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels."""

    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> float:
        """The y coordinate of the middle."""
        return self.y + self.h / 2


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes of all parts. ``lanes`` has the boxes through which a long edge passes each layer."""

    width: float
    height: float
    start: Box
    nodes: dict[str, Box]
    groups: list[tuple[str, Box]]
    lanes: dict[tuple[str, str], list[Box]]


def units_of(definition: Definition) -> list[Unit]:
    """Return the units of a definition in written order, a group as one unit."""
    found: dict[str, Unit] = {}
    for step in definition.steps:
        group = step.settings.group if step.kind == "act" else None
        if group:
            found.setdefault(f"group {group}", Unit(tuple(group_of(definition, step)), group))
        else:
            found[step.name] = Unit((step,))
    return list(found.values())


def layers_of(units: list[Unit]) -> list[list[Unit]] | None:
    """Return the units in layers, each after all it needs; None where units need each other."""
    depth: dict[Unit, int] = {}
    todo = list(units)
    while todo:
        placed = {name for unit in depth for name in unit.names}
        ready = [unit for unit in todo if unit.needs <= placed]
        if not ready:
            return None
        for unit in ready:
            before = [depth[other] for other in depth if other.names & unit.needs]
            depth[unit] = 1 + max(before, default=-1)
        todo = [unit for unit in todo if unit not in depth]
    layers: list[list[Unit]] = [[] for _ in range(1 + max(depth.values(), default=0))]
    for unit in units:
        layers[depth[unit]].append(unit)
    return layers


def condition(step: Step) -> list[str]:
    """Return a step's condition as short lines; empty where it has none."""
    said = short_expression(step.head.if_)
    lines = textwrap.wrap(said, PILL_CHARS, break_on_hyphens=False) if said else []
    if len(lines) > PILL_LINES:
        lines = [*lines[: PILL_LINES - 1], lines[PILL_LINES - 1][: PILL_CHARS - 1] + "…"]
    return lines


def short_expression(expression: str) -> str:
    """Return "if" and an expression without "steps." and ".output"; empty for no expression."""
    said = " ".join(expression.split()).replace("steps.", "").replace(".output.", ".")
    return f"if {said}" if said else ""


def pill_height(step: Step) -> float:
    """Return the height of the label with a step's condition."""
    lines = condition(step)
    return len(lines) * PILL_LINE + 8 if lines else 0


def laid_out(definition: Definition) -> Picture:
    """Return the boxes of a definition's picture."""
    units = units_of(definition)
    layers = layers_of(units)
    if layers is None:  # a group needs a step that needs a step of the group
        layers = layers_of([Unit((step,)) for step in definition.steps]) or []
    slots = _slots(layers)
    tall = max((_height(column) for column in slots), default=NODE_H)
    nodes: dict[str, Box] = {}
    groups: list[tuple[str, Box]] = []
    lanes: dict[tuple[str, str], list[Box]] = {}
    x: float = PAD + START_W
    for column in slots:
        x += _gap(column)
        wide = max(_width(slot) for slot in column)
        y = PAD + (tall - _height(column)) / 2
        for slot in column:
            box = Box(x + (wide - _width(slot)) / 2, y, _width(slot), _slot_height(slot))
            if isinstance(slot, Unit):
                nodes |= dict(_inside(slot, box))
                groups += [(slot.group, box)] if slot.group else []
            else:
                lanes.setdefault(slot, []).append(Box(x, y, wide, box.h))
            y += _slot_height(slot) + GAP_Y
        x += wide
    start = Box(PAD, PAD + tall / 2 - 16, START_W, 32)
    return Picture(x + PAD, tall + 2 * PAD, start, nodes, groups, lanes)


type Slot = Unit | tuple[str, str]


def _slots(layers: list[list[Unit]]) -> list[list[Slot]]:
    """Return the layers with a slot for each edge that crosses them, sorted to keep edges short."""
    depth = {name: n for n, layer in enumerate(layers) for unit in layer for name in unit.names}
    slots: list[list[Slot]] = [list(layer) for layer in layers]
    for need, step in edges(unit for layer in layers for unit in layer):
        for between in range(depth[need] + 1 if need else 0, depth[step]):
            if need:  # the request's edges cross no layer: units without needs are first
                slots[between].append((need, step))
    height: dict[str, float] = {}
    for column in slots:
        column.sort(key=lambda slot: _pull(slot, height))
        for n, slot in enumerate(column):
            for name in slot.names if isinstance(slot, Unit) else ():
                height[name] = n - len(column) / 2
    return slots


def edges(units: Iterator[Unit]) -> Iterator[tuple[str, str]]:
    """Yield each pair of a needed step and the step that needs it; "" stands for the request."""
    for unit in units:
        for step in unit.steps:
            for need in step.head.needs:
                yield need, step.name
        if not unit.needs:
            yield "", unit.steps[0].name


def _pull(slot: Slot, height: dict[str, float]) -> float:
    needs = slot.needs if isinstance(slot, Unit) else {slot[0]}
    known = [height[need] for need in needs if need in height]
    return sum(known) / len(known) if known else 0


def _inside(unit: Unit, box: Box) -> Iterator[tuple[str, Box]]:
    if not unit.group:
        yield unit.steps[0].name, box
        return
    y = box.y + GROUP_HEAD
    for n, step in enumerate(unit.steps):
        y += _inner_gap(step) if n else 0
        yield step.name, Box(box.x + GROUP_PAD, y, NODE_W, NODE_H)
        y += NODE_H


def _inner_gap(step: Step) -> float:
    return GAP_Y + (pill_height(step) + 10 if step.head.if_ else 0)


def _gap(column: list[Slot]) -> float:
    firsts = [slot.steps[0] for slot in column if isinstance(slot, Unit)]
    return GAP_X + (PILL_W if any(step.head.if_ for step in firsts) else 0)


def _width(slot: Slot) -> float:
    return NODE_W + (2 * GROUP_PAD if isinstance(slot, Unit) and slot.group else 0)


def _slot_height(slot: Slot) -> float:
    if not isinstance(slot, Unit):
        return 8
    if not slot.group:
        return max(NODE_H, pill_height(slot.steps[0]))
    inner = sum(_inner_gap(step) for step in slot.steps[1:])
    return GROUP_HEAD + len(slot.steps) * NODE_H + inner + GROUP_PAD


def _height(column: list[Slot]) -> float:
    return sum(_slot_height(slot) for slot in column) + GAP_Y * (len(column) - 1)
