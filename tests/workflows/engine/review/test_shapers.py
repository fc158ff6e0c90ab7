"""Who asked for what is done, or shaped it, is no independent approver of it (cases A5, 9c)."""

import pytest

from approvals.decisions.services import Choice
from approvals.models import ReviewItem
from approvals.rules.policy_terms import Group
from audit import outbox
from tenants import access
from tenants.actors import Actor
from tenants.errors import Forbidden
from tenants.roles import Capability
from tenants.services.keys import make_key
from tests.lanes import Lane
from tests.policy_kit import both, dana, policy, second_owner, waits_for
from tests.workflows.definition_kit import REPLY, SEND, definition
from tests.world import DEFINITION, REQUEST
from workflows.services import exceptions
from workflows.services.events import send_event
from workflows.services.rerun import rerun
from workflows.services.runs import start_run
from workflows.triggers.starting import STARTER

EITHER = Group(roles=("owner", "approver"))


def _refused(lane: Lane, actor: Actor | None = None) -> None:
    who = actor or lane.client.actor()
    assert lane.item() not in waits_for(who)
    with pytest.raises(Forbidden) as refused:
        lane.say(actor=who)
    assert refused.value.code in ("apart", "policy")


@pytest.mark.parametrize(
    ("given", "asked_by"),
    [
        ({}, "owner@harbor-pine.example"),
        ({}, "Owner+x@Harbor-Pine.example"),
        ({"from": "owner@harbor-pine.example"}, "shop@customers.example"),
        ({"from": "mia@customers.example", "reply_to": "owner+1@harbor-pine.example"}, ""),
        ({"from": "mia@customers.example", "sent_by": "owner@harbor-pine.example"}, ""),
        ({}, "mia@customers.example, sent by owner@harbor-pine.example"),
        ({}, "owner@harbor-pine.example, sent by web@forms.example"),
    ],
)
@pytest.mark.parametrize("trigger", ["mail", "api"])
def test_who_asked_by_mail_does_not_approve(
    lane: Lane, given: dict, asked_by: str, trigger: str
) -> None:
    policy(lane, EITHER, apart=True)
    start_run(
        lane.workflow, input=REQUEST | given, trigger=trigger, actor=STARTER, asked_by=asked_by
    )
    outbox.drain()
    _refused(lane)
    lane.decide(actor=dana(lane))
    assert lane.statuses()["refund"] == "executed"


def test_a_policy_that_came_later_sets_apart_too(lane: Lane) -> None:
    lane.start()
    policy(lane, EITHER, apart=True)
    _refused(lane)


def test_who_sent_back_with_words_does_not_approve_what_came_of_it(lane: Lane) -> None:
    sam = second_owner(lane)
    policy(lane, EITHER, apart=True)
    lane.start()
    lane.decide("again", actor=sam, reason="tone", words="Say sorry twice.")
    _refused(lane, sam)
    lane.decide(actor=dana(lane))
    assert lane.statuses()["send"] == "executed"


def test_who_sent_back_without_a_word_shaped_nothing(lane: Lane) -> None:
    sam = second_owner(lane)
    policy(lane, EITHER, apart=True)
    lane.start()
    lane.decide("again", actor=sam, reason="tone")
    lane.decide(actor=sam)
    assert lane.statuses()["send"] == "executed"


def test_who_edited_before_it_was_asked_anew_does_not_approve(lane: Lane) -> None:
    """The item is another one then, and what it says is still theirs."""
    sam = second_owner(lane)
    policy(lane, EITHER, apart=True, hours=2, at_end="raise")
    lane.start()
    lane.say("correct", actor=sam, draft="Sorry, Mia. Sam says so.")
    lane.pass_time(hours=3)
    lane.resolve("ask_again")
    _refused(lane, sam)
    assert any(str(sam.id) in one.shaped_by for one in ReviewItem.objects.filter(kind="proposal"))


def test_who_runs_it_again_asked_for_it(lane: Lane) -> None:
    sam = second_owner(lane)
    run = lane.start()
    lane.decide("reject", reason="tone")
    policy(lane, EITHER, apart=True)
    rerun(run.pk, step="facts", actor=sam)
    outbox.drain()
    _refused(lane, sam)
    _refused(lane)
    lane.decide(actor=dana(lane))


def test_who_made_the_key_asked_with_it_whatever_the_policy_then(lane: Lane) -> None:
    key, _ = make_key(name="shop", scopes=["runs:write"], actor=lane.client.actor())
    caller = Actor("key", key.pk, str(key), "", frozenset({Capability.START_RUNS}))
    start_run(lane.workflow, input=REQUEST, trigger="api", actor=caller)
    outbox.drain()
    policy(lane, both(lane), apart=True)
    _refused(lane)


def test_who_gave_a_failed_step_its_value_does_not_approve_what_came_of_it(lane: Lane) -> None:
    sam = second_owner(lane)
    lane.use(
        DEFINITION.replace("workflow: refund-replies", "workflow: other").replace(
            "schema: {$ref: reply}", "schema: {$ref: reply}\n      model: nobody/there"
        )
    )
    policy(lane, EITHER, apart=True)
    lane.start()
    for _ in range(6):
        lane.pass_time(minutes=2)
    found = lane.exception()
    value = '{"text": "Sorry.", "refund": {"value": 4820, "currency": "USD"}}'
    given = {"value": value}
    chosen = Choice("resolve", found.content_hash, reason="skip", given=given)
    exceptions.resolve(found, chosen, actor=sam)
    outbox.drain()
    _refused(lane, sam)


HANDED = """
  - name: part
    needs: [send]
    handoff:
      workflow: part
      input: {order_id: "input.order_id", from: "'mia@customers.example'",
        message: "steps.reply.output.text", subject: "input.subject"}
"""
TAKEN = """
  - name: part
    handoff:
      workflow: part
      input: {order_id: "input.order_id", from: "'mia@customers.example'",
        message: "input.message", subject: "input.subject"}
  - name: send
    needs: [part]
    act:
      tool: mail.send
      args:
        to: "'mia@customers.example'"
        subject: "'Re'"
        body: "steps.part.output.outputs.reply.text"
"""


def _two(lane: Lane, top: str) -> Actor:
    sam = second_owner(lane)
    part = definition(REPLY + SEND, slug="part").replace("title: Other", "title: Part")
    for text in (part, definition(top, slug="top")):
        access.grant(lane.use(text), lane.client.approver, actor=lane.client.actor())
    policy(lane, EITHER, apart=True)
    return sam


def test_who_edited_before_it_was_handed_over_does_not_approve_there(lane: Lane) -> None:
    sam = _two(lane, REPLY + SEND + HANDED)
    lane.start()
    lane.say("correct", actor=sam, draft="Sorry, Mia. Sam says so.")
    lane.decide(actor=dana(lane))
    assert lane.run().workflow.slug == "part"
    _refused(lane, sam)
    lane.decide(actor=dana(lane))


def test_who_edited_what_was_handed_back_does_not_approve_what_came_of_it(lane: Lane) -> None:
    sam = _two(lane, TAKEN)
    lane.start()
    lane.say("correct", actor=sam, draft="Sorry, Mia. Sam says so.")
    lane.decide(actor=dana(lane))
    assert lane.item().step == "send"
    _refused(lane, sam)
    lane.decide(actor=dana(lane))


def test_who_sent_above_does_not_approve_below(lane: Lane) -> None:
    sam = _two(lane, REPLY + SEND + HANDED)
    lane.start(**{"from": "sam@harbor-pine.example"})
    _refused(lane, sam)
    lane.decide(actor=dana(lane))
    assert lane.run().workflow.slug == "part"
    _refused(lane, sam)


@pytest.mark.parametrize(("step", "is_kept"), [("refund", True), ("reply", False)])
def test_who_shaped_what_another_run_keeps_does_not_approve_it(
    lane: Lane, step: str, is_kept: bool
) -> None:
    sam = second_owner(lane)
    policy(lane, EITHER, apart=True)
    run = lane.start()
    lane.decide("again", actor=sam, reason="tone", words="Say sorry twice.")
    lane.decide("reject", actor=dana(lane), reason="tone")
    rerun(run.pk, step=step, actor=lane.client.actor())
    outbox.drain()
    if is_kept:
        _refused(lane, sam)
        lane.decide(actor=dana(lane))
    else:
        lane.decide(actor=sam)


def test_who_told_the_run_of_an_event_does_not_approve_what_it_says(lane: Lane) -> None:
    sam = second_owner(lane)
    wait = "\n  - {name: told, needs: [reply], wait: {event: told, deadline: 1d}}"
    send = SEND.replace("[reply]", "[told]").replace("steps.reply.output", "steps.told.output")
    made = lane.use(definition(REPLY + wait + send))
    access.grant(made, lane.client.approver, actor=lane.client.actor())
    policy(lane, EITHER, apart=True)
    run = lane.start()
    key, _ = make_key(name="shop", scopes=["events:write"], actor=sam)
    caller = Actor("key", key.pk, str(key), "", frozenset({Capability.SEND_EVENTS}))
    send_event(run.pk, name="told", data={"text": "Sam says so."}, actor=caller)
    outbox.drain()
    _refused(lane, sam)
    lane.decide(actor=dana(lane))
