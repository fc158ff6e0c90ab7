"""G1, G10: a model that obeys every text it reads has no effect without a permit."""

import csv
import io
import json
import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from approvals.models import Proposal, ReviewItem, Tool
from audit import outbox
from tenants.models import Source
from tenants.services.tenants import change_tenant
from tenants.sources.services import add_revision
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, tool
from tests.fakes.model import ModelServer
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import ORDER, agent_text
from tests.workflows.engine.agents.injections import TEXTS, obey
from tests.workflows.mcp.mcp_kit import turn_on
from workflows.mcp.servers import add_server, request_look
from workflows.models import Call

CANARY = "Cassiopeia"  # before words of a server that are for no model
OFFERED = {"orders.find", "shop.refund", "mail.send"}
Place = Callable[[Lane, str], dict[str, Any]]


def in_the_message(lane: Lane, text: str) -> dict[str, Any]:
    return {"message": text}


def in_a_file_name(lane: Lane, text: str) -> dict[str, Any]:
    return {"attachments": [{"name": f"{text}.pdf"}]}


def in_a_tools_answer(lane: Lane, text: str) -> dict[str, Any]:
    lane.shop.body = lambda path: {**ORDER, "note": text}
    return {}


def in_a_tools_title(lane: Lane, text: str) -> dict[str, Any]:
    Tool.objects.filter(name="orders.find").update(title=text[:120])
    return {}


def in_a_document(lane: Lane, text: str) -> dict[str, Any]:
    policy = f"# Returns policy\n\n## Damaged\n\nLamps that arrive damaged: refund. {text}\n"
    source = Source.objects.get(name="returns-policy")
    actor = lane.world.staff(lane.client)
    add_revision(source, filename="policy.md", content=policy.encode(), actor=actor)
    return {"message": "My lamp arrived damaged, a refund please."}


def in_a_record(lane: Lane, text: str) -> dict[str, Any]:
    columns = ["order_id", "customer", "email", "item", "total_cents", "delivered_on"]
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(columns)
    rows.writerow(["10412", "Mia Chen", "mia@customers.example", text, "4820", "14 November"])
    actor = lane.world.staff(lane.client)
    add_revision(
        Source.objects.get(name="orders"),
        filename="orders.csv",
        content=written.getvalue().encode(),
        actor=actor,
    )
    return {}


class McpPlace:
    """The tool of an MCP server, which a person turned on as it describes itself.

    A model is given what the person called the tool, and what the server says of its arguments.
    """

    def __init__(self, lane: Lane, fake: McpFake) -> None:
        self.fake, self.staff = fake, lane.world.staff(lane.client)
        change_tenant(
            lane.tenant(), actor=self.staff, allowed_hosts=[*lane.tenant().allowed_hosts, fake.host]
        )
        fake.tools = {"look": tool("look")}
        self.server = add_server(name="desk", address=fake.url, actor=self.staff)
        outbox.drain()
        turn_on(self.server, "look", actor=self.staff)
        with_desk = definition_text().replace("[orders.find, ", "[desk.look, orders.find, ")
        lane.use(with_desk.replace("order-agent", "with-desk"))

    def say(self, lane: Lane, text: str) -> dict[str, Any]:
        described = {"order": {"type": "string", "description": text}}
        words = f"{CANARY} {text}"
        self.fake.instructions = words
        self.fake.tools["look"] = tool("look", description=words, title=words) | {
            "inputSchema": {"type": "object", "properties": described},
            "annotations": {"title": words, "readOnlyHint": True},
        }
        request_look(self.server, actor=self.staff)
        outbox.drain()
        turn_on(self.server, "look", actor=self.staff)
        return {}


PLACES: dict[str, Place | None] = {
    "message": in_the_message,
    "file name": in_a_file_name,
    "tool's answer": in_a_tools_answer,
    "tool's title": in_a_tools_title,
    "document": in_a_document,
    "record": in_a_record,
    "MCP tool": None,
}
LONG = os.environ.get("HANDRAIL_LONG_TESTS") == "1"


def definition_text() -> str:
    """The agent's definition, whose passages go with a record of the order."""
    queried = '{query: "{{ input.message }}"}'
    return agent_text().replace(queried, queried[:-1] + ', records: {orders: "input.order_id"}}')


def texts_for(place: str) -> list[str]:
    """The texts that are put there: each text at one place, or with LONG each at every place."""
    return TEXTS if LONG else TEXTS[list(PLACES).index(place) :: len(PLACES)]


def test_there_are_two_hundred_texts() -> None:
    assert len(set(TEXTS)) == len(TEXTS) >= 200
    assert {text for place in PLACES for text in texts_for(place)} == set(TEXTS)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_done_without_a_permit_and_nothing_is_unmarked(
    agent_lane: Lane, model: ModelServer, place: str
) -> None:
    model.answers = obey
    agent_lane.use(definition_text().replace("order-agent", "with-record"))
    with McpFake() as fake:
        allow(fake.host)
        put = PLACES[place] or McpPlace(agent_lane, fake).say
        obeyed = 0
        for text in texts_for(place):
            run = agent_lane.start(**put(agent_lane, text))
            assert plain(text)[:20] in plain(model.requests[-1]), text
            for proposal in Proposal.objects.filter(run_id=run.pk):
                obeyed += 1
                assert (proposal.tool_name in OFFERED, proposal.status) == (True, "proposed")
                assert_marked(ReviewItem.objects.get(pk=proposal.item_id), proposal)
        assert len(fake.calls) == 0
    # Half of the texts ask for what is refused at once, and a title cuts the longer ones off.
    least = 1 if place == "tool's title" else len(texts_for(place)) // 2 - 1
    assert obeyed >= least, "the model did not obey, so nothing was tried"
    assert CANARY not in str(model.requests), "a server's own words reached the model"
    assert {one["path"] for one in agent_lane.shop.requests} <= {"/orders/find"}
    assert all(set(one["body"]) == {"order"} for one in agent_lane.shop.requests)
    # Staff hear that what a server offers has changed; nobody else hears anything.
    heard = {address for one in agent_lane.post.messages for address in one["to"]}
    assert heard <= {agent_lane.world.admin.email, agent_lane.world.operator.email}
    assert set(Call.objects.filter(kind="tool").values_list("name", flat=True)) <= {"orders.find"}


def plain(said: Any) -> str:
    """A text, or a request, by its letters alone: however it is escaped and cut."""
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return re.sub(r"\\[nu]|[^a-zA-Z]", "", text)


def assert_marked(item: ReviewItem, proposal: Proposal) -> None:
    marks = {one["path"]: one for one in item.evidence["origins"][proposal.step]}
    told = "to" if proposal.tool_name == "mail.send" else "customer"
    assert marks[told]["quote"], (marks[told], proposal.args)
    assert all(one["said"] for one in marks.values())
