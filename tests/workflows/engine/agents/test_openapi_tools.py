"""An agent reads and proposes through operations of the shop's OpenAPI document."""

from approvals.decisions.undo import ask_undo
from approvals.models import ReviewItem
from audit import outbox
from tenants.services.tenants import change_tenant
from tests.fakes.model import ModelServer
from tests.fakes.said import Called
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import agent_text, calling, parts, says, told
from tests.workflows.openapi.shop_document import operations_of, shop_document
from workflows.openapi.imports import ApiAccess, ToolDeclaration, save_tools

FIND, REFUND = "GET /orders/{order}", "POST /orders/{order}/refunds"
CANCEL = "DELETE /refunds/{id}"
PHRASES = {"title": "Refund {amount}", "effect": "Pays money back", "button": "Refund"}


def add_operations(lane: Lane) -> None:
    """Three tools of the shop's document: find an order, refund it, and take the refund back."""
    staff = lane.world.staff(lane.client)
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=[lane.shop.host])
    found = operations_of(shop_document(f"{lane.shop.url}/v1"))
    find, refund, cancel = (found[key] for key in (FIND, REFUND, CANCEL))
    declared = [
        ToolDeclaration(find, "api.find", "Find", "read"),
        ToolDeclaration(
            refund,
            "api.refund",
            "Refund",
            "write",
            "refund",
            idempotency_header=refund.idempotency_header,
            undo=CANCEL,
            undo_args={"id": "result.body.id"},
            phrases=PHRASES,
        ),
        ToolDeclaration(cancel, "api.cancel", "Take a refund back", "write", "edit"),
    ]
    save_tools(declared, ApiAccess("api"), actor=staff)


def test_it_reads_through_one_operation_proposes_another_and_a_third_undoes_it(
    agent_lane: Lane, model: ModelServer
) -> None:
    add_operations(agent_lane)
    text = agent_text(slug="api-agent")
    agent_lane.use(text.replace("orders.find, shop.refund, mail.send", "api.find, api.refund"))
    agent_lane.shop.body = lambda path: (
        {"id": "r1"} if path.endswith("refunds") else {"order": "A-17", "total": 48}
    )
    agent_lane.shop.status = lambda request: {"POST": 201, "DELETE": 204}.get(
        request["method"], 200
    )
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
    item = ReviewItem.objects.get(kind="proposal")
    ask_undo(item.pk, actor=agent_lane.client.actor(), words="Wrong order")
    outbox.drain()
    sent = agent_lane.shop.requests[-1]
    assert (sent["method"], sent["path"]) == ("DELETE", "/v1/refunds/r1")
