"""Definitions that the engine's tests run."""

from tests.world import DEFINITION
from workflows.definitions.definition import Definition
from workflows.validation.parse import parse

REPLY = """
  - name: facts
    retrieve: {query: "{{ input.message }}", records: {orders: "input.order_id"}}
  - name: reply
    needs: [facts]
    generate:
      prompt: "Answer."
      schema: {type: object, required: [text], properties: {text: {type: string}}}
      cite: facts
      template: "Hi [[orders.customer]],\\n[[best 1]]"
"""
SEND = """
  - name: send
    needs: [reply]
    act:
      tool: mail.send
      args: {to: "input.from", subject: "'Re: ' + input.subject", body: "steps.reply.output.text"}
"""


def definition(
    steps: str, *, slug: str = "other", rung: str = "execute_with_approval", **head: str
) -> str:
    """A definition around ``steps``."""
    more = "".join(f"{name}: {value}\n" for name, value in head.items())
    return (
        f"workflow: {slug}\ntitle: Other\nrung: {rung}\nbrief: {{why: 'Answers input.message.'}}\n"
        f"sources: [returns-policy, orders]\n{more}steps:{steps}"
    )


def on_rung(rung: str) -> str:
    """The usual refund definition on another rung."""
    text = DEFINITION.replace("rung: execute_with_approval", f"rung: {rung}")
    return text.replace("workflow: refund-replies", f"workflow: refund-{rung.replace('_', '-')}")


def with_model(model: str) -> str:
    """The usual refund definition with a model of its own."""
    text = DEFINITION.replace("workflow: refund-replies", "workflow: refund-scripted")
    return text.replace("title: Refund replies", f"title: Refund replies\nmodel: {model}")


def parsed(*steps: str) -> Definition:
    """A definition of these steps, each without its braces, as far as their shape goes."""
    head = "workflow: w\nrung: draft_only\nbrief: {why: x}\nsteps:\n"
    return parse(head + "".join(f"  - {{{step}}}\n" for step in steps))[0]
