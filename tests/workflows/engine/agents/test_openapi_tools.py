"""An agent reads and proposes through operations of the shop's OpenAPI document."""

from typing import Any

from approvals.gate.tools import add_tool
from tenants.services.tenants import change_tenant
from tests.fakes.model import ModelServer
from tests.fakes.said import Called
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import agent_text, calling, parts, says, told
from tests.workflows.openapi.shop_document import operations_of, shop_document

PHRASES = {"title": "Refund {amount}", "effect": "Pays money back", "button": "Refund"}


def add_operations(lane: Lane) -> None:
    """Two tools of the shop's document: one that finds an order, one that refunds it."""
    staff = lane.world.staff(lane.client)
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=[lane.shop.host])
    found = operations_of(shop_document(f"{lane.shop.url}/v1"))
    for name, key, declared in (
        ("api.find", "GET /orders/{order}", {"effect": "read", "kind": None}),
        (
            "api.refund",
            "POST /orders/{order}/refunds",
            {"effect": "write", "kind": "refund", "takes_key": True, "phrases": PHRASES},
        ),
    ):
        one = found[key]
        settings: dict[str, Any] = {
            "api": "api",
            "operation": key,
            "method": one.method,
            "url": one.url,
            "places": one.places,
            "content_type": one.content_type,
            "answers": one.answers,
            "idempotency_header": one.idempotency_header,
        }
        add_tool(
            name=name,
            adapter="openapi",
            actor=staff,
            title=one.summary,
            args_schema=one.args_schema,
            settings=settings,
            **declared,  # type: ignore[arg-type]
        )


def test_it_reads_through_one_operation_and_proposes_another(
    agent_lane: Lane, model: ModelServer
) -> None:
    add_operations(agent_lane)
    text = agent_text(slug="api-agent")
    agent_lane.use(text.replace("orders.find, shop.refund, mail.send", "api.find, api.refund"))
    agent_lane.shop.body = lambda path: (
        {"id": "r1"} if path.endswith("refunds") else {"order": "A-17", "total": 48}
    )
    agent_lane.shop.status = lambda request: 201 if request["method"] == "POST" else 200
    says(
        model,
        calling(Called("api.find", {"order": "../admin"})),
        calling(Called("api.find", {"order": "A-17"})),
        calling(Called("api.refund", {"path_order": "A-17", "amount": 48}), text="Refunding."),
    )
    agent_lane.start()
    assert [(one["method"], one["path"]) for one in agent_lane.shop.requests] == [
        ("GET", "/v1/orders/A-17")
    ]
    assert "can't hold /" in told(model)[0]
    assert '"total":48' in told(model)[1].replace(" ", "")
    assert parts(agent_lane)[-1][1:] == ("act", "waiting")
    agent_lane.decide()
    (proposal,) = agent_lane.proposals().values()
    assert (proposal.status, proposal.result) == ("executed", {"status": 201, "body": {"id": "r1"}})
    sent = agent_lane.shop.requests[-1]
    assert (sent["path"], sent["body"]) == ("/v1/orders/A-17/refunds", {"amount": 48})
    assert agent_lane.shop.effects_by_key[sent["key"]] == 1
