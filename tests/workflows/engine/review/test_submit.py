"""Rungs, rules and switches as a run meets them."""

import pytest

from approvals.gate.never_rules import add_rule
from approvals.models import Proposal, ReviewItem
from approvals.rules.never import Rule
from tenants.models import Provider, Tenant
from tenants.services.tenants import resume_everything, stop_everything
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition, on_rung
from workflows.services.definitions import change_rung, pause, unpause


def test_draft_only_gives_a_draft_to_read_and_no_proposal(lane: Lane) -> None:
    lane.use(on_rung("draft_only"))
    lane.start()
    item = lane.item()
    assert item.kind == "draft"
    assert item.draft["text"].startswith("Hi Mia Chen,")
    assert "recommended" not in item.draft
    assert not Proposal.objects.exists()
    assert "rung “draft only”" in lane.note("refund")
    lane.decide()
    assert lane.run().status == "done"
    assert lane.run().outcome == "accepted"
    assert lane.shop.requests == []
    assert lane.post.messages == []


def test_recommend_and_route_shows_what_it_would_do_and_does_nothing(lane: Lane) -> None:
    lane.use(on_rung("recommend_and_route"))
    lane.start()
    item = lane.item()
    assert item.kind == "recommendation"
    assert item.draft["recommended"] == [
        "Refund $48.20 to Mia Chen",
        "E-mail mia@customers.example: Re: Broken lamp",
    ]
    assert not Proposal.objects.exists()
    lane.decide()
    assert lane.run().status == "done"
    assert lane.shop.requests == []


def test_read_only_refuses_to_draft(lane: Lane) -> None:
    lane.use(on_rung("read_only"))
    lane.start()
    assert lane.steps()["facts"] == "done"
    assert lane.steps()["reply"] == "failed"
    assert "rung “read only”" in lane.note("reply")
    assert not ReviewItem.objects.exclude(kind="exception").exists()
    assert lane.calls("model") == []
    assert lane.run().status == "failed"
    assert "step.refused" in lane.verbs()


def test_never_execute_refuses_even_to_read(lane: Lane) -> None:
    lane.use(on_rung("never_execute"))
    lane.start()
    assert lane.steps()["facts"] == "failed"
    assert not ReviewItem.objects.exclude(kind="exception").exists()


@pytest.mark.parametrize("level", ["provider", "tenant", "workflow", "action"])
def test_the_tightest_of_all_levels_counts(lane: Lane, level: str) -> None:
    if level == "provider":
        Provider.objects.update(rung="draft_only")
    elif level == "tenant":
        Tenant.objects.filter(pk=lane.client.tenant.pk).update(rung="draft_only")
    elif level == "workflow":
        change_rung(lane.workflow, rung="draft_only", actor=lane.world.staff(lane.client))
    else:
        tight = SEND.replace("tool: mail.send", "tool: mail.send\n      rung: draft_only")
        lane.use(definition(REPLY + tight))
    lane.start()
    assert lane.item().kind == "draft"
    assert not Proposal.objects.exists()


def test_a_higher_rung_above_lifts_nothing_below(lane: Lane) -> None:
    lane.use(on_rung("draft_only"))
    assert lane.tenant().rung == "execute_with_approval"
    change_rung(lane.workflow, rung="execute_with_approval", actor=lane.world.staff(lane.client))
    lane.start()
    assert not Proposal.objects.exists()


def test_a_large_refund_is_refused_by_the_workflows_rule(lane: Lane) -> None:
    lane.start(order_id="10414")
    exception = lane.exception()
    assert "Refund $450.00 to Rosa Osei was refused." in exception.draft["problem"]
    assert "Dana handles large refunds." in exception.draft["problem"]
    assert exception.draft["options"] == ["hand", "cancel", "close"]
    assert not Proposal.objects.exists()
    assert lane.steps()["refund"] == "failed"
    # The mail would have said that the money is on its way.
    assert lane.steps()["send"] == "skipped"
    assert lane.shop.requests == []


def test_the_clients_own_rule_forbids_too(lane: Lane) -> None:
    add_rule(
        Rule(kind="send", text="refunded", why="Say nothing of money by mail."),
        actor=lane.world.staff(lane.client),
    )
    lane.start()
    assert "Say nothing of money by mail." in lane.exception().draft["problem"]
    assert not Proposal.objects.exists()


def test_an_action_whose_condition_does_not_hold_is_left_out_and_the_rest_goes_on(
    lane: Lane,
) -> None:
    """No order found: nothing to refund, but the customer gets an answer."""
    lane.start(order_id="99999")
    assert lane.steps()["refund"] == "skipped"
    item = lane.item()
    assert [p.step for p in item.proposals.all()] == ["send"]
    assert item.title == "E-mail mia@customers.example: Re: Broken lamp"
    lane.decide()
    assert lane.shop.requests == []
    assert len(lane.post.messages) == 1
    assert lane.run().status == "done"


CONDITIONS = """
  - name: first
    needs: [reply]
    if: "{first}"
    act: {{tool: mail.send, group: g, args: {{to: "'a@x.example'", subject: "'a'", body: "'a'"}}}}
  - name: second
    needs: [first]
    if: "{second}"
    act: {{tool: mail.send, group: g, args: {{to: "'b@x.example'", subject: "'b'", body: "'b'"}}}}
"""


@pytest.mark.parametrize(
    ("first", "second", "proposed"),
    [
        ("true", "true", ["first", "second"]),
        ("false", "true", ["second"]),
        ("true", "false", ["first"]),
        ("false", "false", []),
    ],
)
def test_conditions_inside_a_group(
    lane: Lane, first: str, second: str, proposed: list[str]
) -> None:
    lane.use(definition(REPLY + CONDITIONS.format(first=first, second=second)))
    lane.start()
    assert [p.step for p in Proposal.objects.order_by("position")] == proposed
    lane.decide()
    initials = {"first": "a", "second": "b"}
    assert [m["subject"] for m in lane.post.messages] == [initials[step] for step in proposed]
    assert lane.run().status == "done"


def test_a_condition_that_cannot_be_worked_out_is_an_exception(lane: Lane) -> None:
    lane.use(
        definition(
            REPLY + SEND.replace("needs: [reply]", 'needs: [reply]\n    if: "input.urgent > 3"')
        )
    )
    lane.start()
    assert "input.urgent" in lane.exception().draft["problem"]
    assert lane.steps()["send"] == "failed"


def test_a_broken_condition_inside_a_group_fails_the_group_and_no_worker(lane: Lane) -> None:
    lane.use(definition(REPLY + CONDITIONS.format(first="false", second="input.urgent > 3")))
    lane.start()
    assert lane.steps() == {
        "facts": "done",
        "reply": "done",
        "first": "skipped",
        "second": "failed",
    }
    assert "input.urgent" in lane.exception().draft["problem"]
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("order", ["blocked first", "blocked last"])
def test_a_group_with_a_blocked_action_does_not_happen(lane: Lane, order: str) -> None:
    """One action needs a step that failed: nobody is asked to approve half of it."""
    broken = """
  - name: broken
    needs: [facts]
    generate: {prompt: "{{ input.not_there }}", schema: {type: object}}
"""
    blocked = """
  - name: blocked
    needs: [reply, broken]
    act: {tool: mail.send, group: g, args: {to: "'a@x.example'", subject: "'a'", body: "'a'"}}
"""
    open_ = """
  - name: open
    needs: [reply]
    act: {tool: mail.send, group: g, args: {to: "'b@x.example'", subject: "'b'", body: "'b'"}}
"""
    both = blocked + open_ if order == "blocked first" else open_ + blocked
    lane.use(definition(REPLY + broken + both))
    lane.start()
    assert lane.steps()["broken"] == "failed"
    assert lane.steps()["blocked"] == lane.steps()["open"] == "skipped"
    assert not Proposal.objects.exists()


def test_a_stopped_client_waits_and_goes_on_when_released(lane: Lane) -> None:
    actor = lane.client.actor()
    stop_everything(actor=actor, reason="Let me look.")
    lane.start()
    assert lane.steps() == {}
    lane.pass_time(minutes=5)
    assert lane.steps() == {}
    resume_everything(actor=actor)
    lane.pass_time(minutes=1)
    assert lane.item().kind == "proposal"


def test_a_paused_workflow_waits_and_goes_on_when_released(lane: Lane) -> None:
    actor = lane.client.actor()
    pause(lane.workflow, actor=actor)
    lane.start()
    assert lane.steps() == {}
    unpause(lane.workflow, actor=actor)
    lane.pass_time(minutes=1)
    assert lane.item().kind == "proposal"
