"""An agent's workflow, a tool that reads, and a model that says what the test scripts."""

from collections.abc import Callable, Iterator
from typing import Any

from approvals.gate.tools import add_tool
from approvals.models import Tool
from tenants.actors import Actor
from tests.fakes.model import MODEL, ModelServer
from tests.fakes.said import Answer, Called, Said
from tests.lanes import Lane
from workflows.models import Run, StepRun

ORDER = {"order": "A-17", "customer": "Mia Kern", "email": "mia@kern.example", "total": 4820}
SHAPE = {
    "type": "object",
    "required": ["order"],
    "properties": {"order": {"type": "string"}},
}
AGENT = """
workflow: {slug}
title: Order agent
rung: {rung}
model: {model}
brief: {{why: "Answer what people ask about their orders."}}
sources: [returns-policy, orders]
steps:
  - name: facts
    retrieve: {{query: "{{{{ input.message }}}}"}}
  - name: work
    needs: [facts]
    retry: {{wait: 100ms}}
    agent:
      prompt: "Find out what is asked and settle it."
      tools: [orders.find, shop.refund, mail.send]
      cite: facts
{more}
"""


def agent_text(
    more: str = "", *, rung: str = "execute_with_approval", slug: str = "order-agent"
) -> str:
    """The definition, with these further lines of its agent step (six spaces) and after it."""
    return AGENT.format(more=more, rung=rung, slug=slug, model=MODEL)


def add_finder(lane: Lane, **more: Any) -> Tool:
    """A tool that reads an order from the shop."""
    return finder(lane.world.staff(lane.client), lane.shop.host, **more)


def finder(actor: Actor, shop: str, **more: Any) -> Tool:
    """The same, for a shop at ``host:port``."""
    declared: dict[str, Any] = {
        "name": "orders.find",
        "title": "Find an order",
        "adapter": "http",
        "effect": "read",
        "kind": None,
        "args_schema": SHAPE,
        "settings": {"url": f"http://{shop}/orders/find"},
    }
    return add_tool(actor=actor, **(declared | more))


def found_order(path: str) -> Any:
    """What the shop answers: the order where one is looked for."""
    return ORDER if path.startswith("/orders") else {"ok": True}


def find(order: str = "A-17") -> Called:
    return Called("orders.find", {"order": order})


def refund(value: int = 4820, order: str = "A-17", **more: Any) -> Called:
    amount = {"value": value, "currency": "USD"}
    return Called("shop.refund", {"order": order, "customer": "Mia Kern", "amount": amount} | more)


def mail(to: str = "mia@kern.example", body: str = "It is on its way.") -> Called:
    return Called("mail.send", {"to": to, "subject": "Your order", "body": body})


def script(*answers: Answer) -> Callable[[dict[str, Any]], Answer]:
    """Answers by the number of turns that a conversation has had, whoever asks."""

    def answer(request: dict[str, Any]) -> Answer:
        turns = sum(message["role"] == "assistant" for message in request["messages"])
        return answers[min(turns, len(answers) - 1)]

    return answer


def says(model: ModelServer, *answers: Answer) -> None:
    """Let a model answer so, turn by turn."""
    model.answers = script(*answers)


def calling(*calls: Called, text: str = "") -> Said:
    return Said(text, calls=calls)


def told(model: ModelServer, turn: int = -1) -> list[str]:
    """What the model was told of its calls, in the request of a turn."""
    messages = model.requests[turn]["messages"]
    return [str(one["content"]) for one in messages if one["role"] == "tool"]


def parts(lane: Lane, run: Run | None = None) -> list[tuple[str, str, str]]:
    """The live parts of a run, the newest if none is given: name, kind, status, in their order."""
    run = run or lane.run()
    rows = StepRun.objects.filter(run=run, replaced_at=None, name__contains=".")
    found = sorted(rows, key=lambda row: int(row.name.split(".")[1]))
    return [(row.name, row.kind, row.status) for row in found]


def opened(lane: Lane, more: str = "", **named: str) -> Iterator[Lane]:
    """A lane whose workflow is the agent's, with the finder."""
    lane.shop.body = found_order
    add_finder(lane)
    lane.use(agent_text(more, **named))
    yield lane
