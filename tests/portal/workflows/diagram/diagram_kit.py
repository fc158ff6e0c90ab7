"""Definitions to draw."""

from workflows.definitions.definition import Definition
from workflows.validation.parse import parse

HEAD = "workflow: w\nrung: draft_only\nbrief: {why: x}\nsteps:\n"
GENERATE = "generate: {prompt: p, schema: {type: object}}"


def definition(*steps: str) -> Definition:
    return parse(HEAD + "".join(f"  - {{{step}}}\n" for step in steps))[0]


WIDE = definition(
    f"name: sort, {GENERATE}",
    "name: facts, needs: [sort], retrieve: {query: a}",
    "name: orders, needs: [sort], if: \"input.kind == 'order'\", retrieve: {query: b}",
    f"name: reply, needs: [facts, orders], {GENERATE}",
    "name: refund, needs: [reply], act: {tool: shop.refund, group: answer}",
    "name: send, needs: [refund, sort], if: \"steps.reply.output.text != ''\", "
    "act: {tool: m, group: answer}",
    "name: note, needs: [refund], act: {tool: crm.note}",
)
