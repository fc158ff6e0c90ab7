"""SVG picture of a workflow's definition, styled by CSS classes. Pure."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from xml.sax.saxutils import escape

from portal.workflows.diagram import layout, marks
from portal.workflows.diagram.layout import Box, Picture
from workflows.definitions.definition import Definition, Step

LONGEST, LONGEST_NAME = 20, 17  # characters that fit in a step's box
FITS = 1150  # px; a picture up to this width stays readable when shrunk to its frame

# The icon path of each kind of step, in a square of 16.
ICONS = {
    "retrieve": "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
    "generate": "M3 13l.6-3L11 2.6l2.4 2.4L6 12.4zM9.6 4l2.4 2.4",
    "agent": "M8 1.5v3M4 4.5h8v6H4zM6.5 7v1M9.5 7v1M2 7v2M14 7v2M6 13.5v-3M10 13.5v-3",
    "route": "M8 2v12M8 3.5h4.5l1.5 1.75L12.5 7H8M8 7.5H3.5L2 9.25 3.5 11H8",
    "wait": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.5V8l2.5 1.5",
    "handoff": "M2 8h9M8 4.5 11.5 8 8 11.5M14 2.5v11",
    "act": "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
}
WORDS = {"write": "writes a draft", "classify": "sorts the request", "extract": "picks out facts"}


def draw(
    definition: Definition, marked: Mapping[str, str] | None = None, *, ident: str = "drawing"
) -> str:
    """Return the picture as an ``<svg>`` element. Every text from the definition is escaped.

    ``marked`` maps names of steps to marks (``marks.MARKS``). ``ident`` begins the element ids:
    each picture of a page needs its own.
    """
    marked = marked or {}
    picture = layout.laid_out(definition)
    title = definition.head.title or definition.head.workflow
    parts = [
        f'<svg class="drawing{" fits" if picture.width <= FITS else ""}" role="img" '
        'xmlns="http://www.w3.org/2000/svg" '
        f'aria-labelledby="{ident}-title {ident}-desc" width="{_n(picture.width)}" '
        f'height="{_n(picture.height)}" viewBox="0 0 {_n(picture.width)} {_n(picture.height)}">',
        f'<title id="{ident}-title">How {escape(title)} works</title>',
        f'<desc id="{ident}-desc">{escape(" ".join(sentences(definition, marked)))}</desc>',
        f'<defs><marker id="{ident}-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path class="drawing-head" d="M0 0.5 7.5 4 0 7.5z"/>'
        "</marker></defs>",
        *(_group(name, box) for name, box in picture.groups),
        *_edges(definition, picture, f"{ident}-arrow"),
        _start(picture.start),
        *(_node(s, picture.nodes[s.name], marked.get(s.name)) for s in definition.steps),
        *_pills(definition, picture),
        *(marks.step_badge(what, picture.nodes[name]) for name, what in marked.items()),
        "</svg>",
    ]
    return "".join(parts)


def sentences(definition: Definition, marked: Mapping[str, str] | None = None) -> list[str]:
    """Return the picture in words, one sentence for each step."""
    said = marked or {}
    return [_sentence(step) + marks.mark_words(said.get(step.name)) for step in definition.steps]


def _sentence(step: Step) -> str:
    needs = step.head.needs
    after = f" after {' and '.join(needs)}" if needs else " first"
    only = f", only {layout.short_expression(step.head.if_)}" if step.head.if_ else ""
    return f"{step.name}: {what(step)}{_each(step)}{after}{only}."


def _each(step: Step) -> str:
    each = step.head.for_each
    return f" for each {each.as_} of {each.in_}" if each else ""


def what(step: Step) -> str:
    """Describe what a step does in a few words."""
    settings = step.settings
    match step.kind:
        case "retrieve":
            named = ", ".join(settings.records)
            return f"reads {named}" if named and not settings.query else "reads the sources"
        case "generate":
            return WORDS.get(settings.need, "writes a draft")
        case "route":
            return "says who is next"
        case "agent":
            return f"works with {len(settings.tools)} tools"
        case "act":
            return f"asks for {settings.tool}"
        case "handoff":
            return f"hands to {settings.workflow}"
        case "wait":
            for_what = settings.event or settings.for_
            return f"waits for {for_what}" if for_what else "waits until a moment"
    return step.kind


def _node(step: Step, box: Box, mark: str | None = None) -> str:
    x, y = box.x, box.middle - layout.NODE_H / 2
    icon, name = ICONS.get(step.kind, "M3 3h10v10H3z"), _fit(step.name, LONGEST_NAME)
    return (
        f'<g class="drawing-node drawing-{escape(step.kind)}{marks.css(mark)}">'
        f"<title>{escape(_sentence(step))}{marks.mark_words(mark)}</title>{_behind(step, x, y)}"
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{layout.NODE_W}" height="{layout.NODE_H}" rx="9"/>'
        f'<path class="drawing-icon" transform="translate({_n(x + 12)} {_n(y + 12)})" d="{icon}"/>'
        f'<text class="drawing-name" x="{_n(x + 37)}" y="{_n(y + 24)}">{name}</text>'
        f'<text class="drawing-what" x="{_n(x + 37)}" y="{_n(y + 42)}">{_fit(what(step))}</text>'
        "</g>"
    )


def _behind(step: Step, x: float, y: float) -> str:
    """Return the edge of a second card behind a step with ``for_each``."""
    if step.head.for_each is None:
        return ""
    return (
        f'<rect class="drawing-each" x="{_n(x + 5)}" y="{_n(y + 5)}" '
        f'width="{layout.NODE_W}" height="{layout.NODE_H}" rx="9"/>'
    )


def _group(name: str, box: Box) -> str:
    return (
        f'<g class="drawing-group"><rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" '
        f'height="{_n(box.h)}" rx="12"/><text x="{_n(box.x + 14)}" y="{_n(box.y + 19)}">'
        f"{_fit(f'{name}: approved as one', 26)}</text></g>"
    )


def _start(box: Box) -> str:
    return (
        f'<g class="drawing-start"><rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" '
        f'height="{_n(box.h)}" rx="{_n(box.h / 2)}"/><text x="{_n(box.x + box.w / 2)}" '
        f'y="{_n(box.middle + 4)}">request</text></g>'
    )


def _edges(definition: Definition, picture: Picture, arrow: str) -> Iterator[str]:
    inside = _together(definition, picture)
    for need, name in layout.edges(iter(layout.units_of(definition))):
        source = picture.nodes[need] if need else picture.start
        target = picture.nodes[name]
        if need and inside.get(need, need) == inside.get(name, name):
            path = _down(source, target)
        else:
            path = _across([source, *picture.lanes.get((need, name), []), target])
        yield f'<path class="drawing-edge" marker-end="url(#{arrow})" d="{path}"/>'


def _together(definition: Definition, picture: Picture) -> dict[str, str]:
    """Return the group of each step that is drawn inside one."""
    if not picture.groups:
        return {}
    return {s.name: s.settings.group for s in definition.of_kind("act") if s.settings.group}


def _down(source: Box, target: Box) -> str:
    x = source.x + source.w / 2
    return f"M{_n(x)} {_n(source.y + source.h)}V{_n(target.y - 1)}"


def _across(boxes: list[Box]) -> str:
    path = f"M{_n(boxes[0].x + boxes[0].w)} {_n(boxes[0].middle)}"
    for before, box in pairwise(boxes):
        end = box.x - (1 if box is boxes[-1] else 0)
        bend = min(before.x + before.w + layout.GAP_X / 2, end)
        path += (
            f"C{_n(bend)} {_n(before.middle)} {_n(bend)} {_n(box.middle)} "
            f"{_n(min(bend + layout.GAP_X / 2, end))} {_n(box.middle)}H{_n(end)}"
        )
        if box is not boxes[-1]:
            path += f"H{_n(box.x + box.w)}"
    return path


def _pills(definition: Definition, picture: Picture) -> Iterator[str]:
    """Yield the labels of conditions, placed on the edges that lead to their steps."""
    inside = _together(definition, picture)
    for step in definition.steps:
        lines = layout.condition(step)
        if not lines:
            continue
        box, high = picture.nodes[step.name], layout.pill_height(step)
        group = inside.get(step.name)
        follows = group and any(inside.get(need) == group for need in step.head.needs)
        x = box.x + (box.w - layout.PILL_W) / 2 if follows else box.x - layout.PILL_W - 12
        if group and not follows:
            x -= layout.GROUP_PAD
        y = box.y - high - 17 if follows else box.middle - high / 2
        yield _pill(step, lines, Box(x, y, layout.PILL_W, high))


def _pill(step: Step, lines: list[str], box: Box) -> str:
    spans = "".join(
        f'<tspan x="{_n(box.x + 8)}" y="{_n(box.y + 16 + n * layout.PILL_LINE)}">{escape(line)}'
        "</tspan>"
        for n, line in enumerate(lines)
    )
    return (
        f'<g class="drawing-if"><title>{escape(f"if {step.head.if_}")}</title>'
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" height="{_n(box.h)}" rx="6"/>'
        f"<text>{spans}</text></g>"
    )


def _fit(text: str, longest: int = LONGEST) -> str:
    return escape(text if len(text) <= longest else text[: longest - 1] + "…")


def _n(value: float) -> str:
    """Return a number as SVG text, with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
