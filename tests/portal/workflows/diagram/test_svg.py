"""The picture of a definition is drawn from the definition alone."""

import re
from xml.etree import ElementTree

from portal.workflows.diagram import layout
from portal.workflows.diagram.svg import draw, sentences
from tests.portal.workflows.diagram.diagram_kit import GENERATE, WIDE
from tests.workflows.definition_kit import parsed
from tests.world import DEFINITION
from workflows.validation.parse import parse

SVG = "{http://www.w3.org/2000/svg}"


def test_every_step_need_and_condition_is_drawn() -> None:
    root = ElementTree.fromstring(draw(WIDE))
    names = [t.text for t in root.iter(f"{SVG}text") if t.get("class") == "drawing-name"]
    assert names == [step.name for step in WIDE.steps]
    edges = [p for p in root.iter(f"{SVG}path") if p.get("class") == "drawing-edge"]
    assert len(edges) == 1 + sum(len(step.head.needs) for step in WIDE.steps)
    conditions = [
        g.find(f"{SVG}title").text for g in root.iter(f"{SVG}g") if g.get("class") == "drawing-if"
    ]
    assert conditions == ["if input.kind == 'order'", "if steps.reply.output.text != ''"]


def test_the_picture_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(draw(WIDE))
    labels = root.get("aria-labelledby").split()
    said = {e.get("id"): e.text for e in root if e.get("id") in labels}
    assert said["drawing-title"] == "How w works"
    assert said["drawing-desc"] == " ".join(sentences(WIDE))
    assert sentences(WIDE)[5] == (
        "send: asks for m after refund and sort, only if reply.text != ''."
    )


def test_waits_handoffs_and_lists_are_drawn_and_said() -> None:
    drawn = parsed(
        "name: pause, wait: {for: 3d}",
        "name: paid, needs: [pause], wait: {event: payment.received}",
        "name: open, needs: [pause], wait: {until: input.opens}",
        "name: part, needs: [paid], for_each: {in: input.lines, as: line}, "
        "handoff: {workflow: refunds}",
    )
    assert sentences(drawn) == [
        "pause: waits for 3d first.",
        "paid: waits for payment.received after pause.",
        "open: waits until a moment after pause.",
        "part: hands to refunds for each line of input.lines after paid.",
    ]
    root = ElementTree.fromstring(draw(drawn))
    nodes = [g for g in root.iter(f"{SVG}g") if "drawing-node" in g.get("class", "")]
    assert [len(node.findall(f"{SVG}rect")) for node in nodes] == [1, 1, 1, 2]
    icons = [path.get("d") for node in nodes for path in node.findall(f"{SVG}path")]
    assert icons[0] == icons[1] != icons[3]


def test_no_text_of_a_definition_becomes_markup() -> None:
    evil = "</title><script>alert(1)</script>\"'&"
    source = DEFINITION.replace(
        "title: Refund replies", f"title: '{evil.replace(chr(39), chr(39) * 2)}'"
    )
    source = source.replace("steps.reply.output.refund.value > 0", "'<img>' == '<b onload=x>'")
    svg = draw(parse(source)[0])
    root = ElementTree.fromstring(svg)
    assert not [e.tag for e in root.iter() if e.tag.rpartition("}")[2] in ("script", "img", "b")]
    assert not re.search(r"\son\w+=|\sstyle=", re.sub(r">[^<]*<", "><", svg))


def test_a_group_that_waits_for_a_step_that_waits_for_it_is_drawn_without_its_box() -> None:
    knotted = parsed(
        "name: a, act: {tool: t, group: g}",
        f"name: b, needs: [a], {GENERATE}",
        "name: c, needs: [b], act: {tool: t, group: g}",
    )
    assert layout.laid_out(knotted).groups == []
    assert draw(knotted).count("drawing-name") == 3
