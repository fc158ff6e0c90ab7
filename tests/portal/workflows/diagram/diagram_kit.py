"""Definitions to draw."""

from tests.workflows.definition_kit import parsed

GENERATE = "generate: {prompt: p, schema: {type: object}}"


WIDE = parsed(
    f"name: sort, {GENERATE}",
    "name: facts, needs: [sort], retrieve: {query: a}",
    "name: orders, needs: [sort], if: \"input.kind == 'order'\", retrieve: {query: b}",
    f"name: reply, needs: [facts, orders], {GENERATE}",
    "name: refund, needs: [reply], act: {tool: shop.refund, group: answer}",
    "name: send, needs: [refund, sort], if: \"steps.reply.output.text != ''\", "
    "act: {tool: m, group: answer}",
    "name: note, needs: [refund], act: {tool: crm.note}",
)
