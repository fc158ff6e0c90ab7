"""Another tool in place of one that failed is a new proposal, for a person again."""

from approvals.gate.tools import add_tool
from approvals.models import Proposal, ReviewItem
from tests.lanes import Lane
from tests.world import DEFINITION


def second_shop(lane: Lane, effect: str = "write") -> None:
    """A tool that gives store credit, at another path of the shop."""
    former = lane.proposals()  # nothing yet
    assert former == {}
    schema = {"type": "object", "properties": {"order": {"type": "string"}}}
    add_tool(
        name="shop.credit",
        title="Store credit",
        adapter="http",
        effect=effect,
        kind="refund",
        takes_key=True,
        actor=lane.world.staff(lane.client, lane.world.admin),
        settings={"url": f"http://{lane.shop.host}/credits"},
        args_schema=schema,
        phrases={"title": "Give store credit for {order}"},
    )


CREDIT = "    on_failure: {tool: shop.credit, args: {order: input.order_id}}\n"


def with_credit(lane: Lane, *, never: str = "") -> None:
    second_shop(lane)
    text = DEFINITION.replace("refund-replies", "credit")
    text = text.replace("  - name: refund\n", f"  - name: refund\n{CREDIT}")
    lane.use(text.replace("never:\n", f"never:\n{never}"))
    lane.shop.status = lambda asked: 422 if asked["path"] == "/refunds" else 200


def test_another_tool_is_a_new_proposal_and_never_done_unasked(lane: Lane) -> None:
    with_credit(lane)
    lane.start()
    lane.decide()
    assert [r["path"] for r in lane.shop.requests] == ["/refunds"]
    item = lane.item()
    assert [p.tool_name for p in item.proposals.order_by("position")] == [
        "shop.credit",
        "mail.send",
    ]
    assert item.title.startswith("Give store credit for 10412")
    assert "asked instead" in item.why
    assert lane.post.messages == []
    lane.decide()
    assert [r["path"] for r in lane.shop.requests] == ["/refunds", "/credits"]
    assert len(lane.post.messages) == 1
    assert lane.run().status == "done"
    assert not ReviewItem.objects.filter(kind="exception").exists()


def test_a_fallback_that_is_rejected_is_not_done(lane: Lane) -> None:
    with_credit(lane)
    lane.start()
    lane.decide()
    lane.decide("reject", reason="not_needed")
    assert [r["path"] for r in lane.shop.requests] == ["/refunds"]
    assert lane.post.messages == []
    assert lane.run().status == "done"


def test_a_fallback_that_the_rules_forbid_is_passed_over(lane: Lane) -> None:
    with_credit(lane, never="  - {tool: shop.credit, why: No credit.}\n")
    lane.start()
    lane.decide()
    assert "refused with 422" in lane.exception().draft["problem"]
    assert "step.refused" in lane.verbs()
    assert Proposal.objects.filter(tool_name="shop.credit").count() == 0


def test_an_effect_in_doubt_never_falls_back(lane: Lane) -> None:
    """Case D4: what may have happened is not done another way."""
    with_credit(lane)
    lane.shop.status = None
    lane.start()
    lane.decide()
    for _ in range(5):
        lane.pass_time(minutes=1)
    assert lane.statuses()["refund"] == "in_doubt"
    assert lane.exception().draft["options"][:2] == ["happened", "did_not"]
    assert Proposal.objects.filter(tool_name="shop.credit").count() == 0
