"""Planted mistakes: like any other item until answered, and nothing ever follows from them."""

from typing import Any

import pytest
from django.test import Client as Http

from approvals.decisions.batches import Picked, decide_all
from approvals.decisions.permits import issue
from approvals.decisions.services import Choice, decide
from approvals.gate import verdict
from approvals.models import Decision, Permit, Planted, ReviewItem
from approvals.quality.planting import PlantedMistake
from approvals.review import selectors
from approvals.review.sidebar import read_sidebar
from audit import outbox
from audit.models import Event, Outbox
from portal.reports import selectors as reports
from portal.reports.week import week_of
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid, Refused
from tenants.services.keys import make_key
from tests.approvals.planting_kit import WORDS, WRONG, agree, answer, done, planted, put
from tests.lanes import Lane
from workflows import selectors as workflows
from workflows.models import Run
from workflows.services.planting import plant_mistake

pytestmark = pytest.mark.django_db


def test_it_looks_like_the_item_it_was_copied_from_but_for_the_mistake(lane: Lane) -> None:
    item = planted(lane)
    source = ReviewItem.objects.get()
    names = ("workflow_id", "workflow_name", "run_id", "step", "attempt", "kind", "asked_by")
    for name in (*names, "evidence", "tags", "why"):
        assert getattr(item, name) == getattr(source, name), name
    assert item.title == "Refund $148.20 to Mia Chen and tell them why"
    assert item.due_at - item.opened_at == source.due_at - source.opened_at
    refund, mail = item.proposals.order_by("position")
    assert refund.args["amount"]["value"] == 14820
    assert mail.args == source.proposals.get(position=1).args


def test_a_copy_is_of_what_was_put_up_not_of_what_people_made_of_it(lane: Lane) -> None:
    agree(lane)
    source = done(lane, "correct", draft="Something else, Mia.")
    found = put(lane, source)
    item = ReviewItem.objects.shown().get(pk=found.item_id)
    assert item.draft["text"] == source.draft["text"]
    assert "Something else" not in item.proposals.get(position=1).args["body"]


def test_a_changed_text_is_changed_where_it_is_sent_too(lane: Lane) -> None:
    agree(lane)
    source = done(lane)
    text = source.draft["text"].replace("14 November", "14 October")
    item = ReviewItem.objects.shown().get(pk=put(lane, source, {}, draft=text).item_id)
    assert item.draft["text"] == text
    assert item.proposals.get(position=1).args["body"] == text
    touched = [s for s in item.draft["spans"] if "14 October" in text[s["start"] : s["end"]]]
    assert touched != []
    assert all(not span["supported"] for span in touched)


def test_only_staff_who_configure_the_client_plant(lane: Lane) -> None:
    agree(lane)
    source, client = done(lane), lane.client
    mistake = PlantedMistake(WORDS, None, WRONG)
    for actor in (client.actor(), client.actor(client.approver)):
        with pytest.raises(Forbidden):
            plant_mistake(source.pk, mistake, actor=actor)
    with pytest.raises(Forbidden):
        plant_mistake(source.pk, mistake, actor=lane.world.staff(client, lane.world.reviewer))


def test_no_mistake_or_no_words_for_it_is_refused(lane: Lane) -> None:
    agree(lane)
    source = done(lane)
    with pytest.raises(Invalid):
        put(lane, source, {0: {"amount": source.proposals.get(position=0).args["amount"]}})
    with pytest.raises(Invalid):
        put(lane, source, words=" ")
    with pytest.raises(Invalid):
        put(lane, source, {0: {"amount": {"value": 0, "currency": "USD"}}})


def test_accepting_gives_no_permit_owes_nothing_and_does_nothing(lane: Lane) -> None:
    item = planted(lane)
    outbox.drain()
    permits, refunds, mails = (
        Permit.objects.count(),
        len(lane.shop.requests),
        len(lane.post.messages),
    )
    owed = set(Outbox.objects.values_list("topic", "object_id"))
    assert owed >= {("item.expire", item.pk)}
    runs = Run.objects.count()
    answer(lane, item)
    assert set(Outbox.objects.values_list("topic", "object_id")) == owed
    outbox.drain()
    lane.pass_time(days=3)
    assert Permit.objects.count() == permits
    assert Decision.objects.count() == 1
    assert (len(lane.shop.requests), len(lane.post.messages), Run.objects.count()) == (
        refunds,
        mails,
        runs,
    )
    assert set(item.proposals.values_list("status", flat=True)) == {"cancelled"}


def test_the_gate_gives_no_permit_for_a_planted_action_whoever_asks(lane: Lane) -> None:
    item = planted(lane)
    decision = Decision.objects.get()
    proposals = list(item.proposals.all())
    assert len(proposals) == 2
    for proposal in proposals:
        with pytest.raises(Refused):
            issue(proposal, decision, verdict.gate_context())


def test_it_is_in_no_number_and_no_report(lane: Lane) -> None:
    agree(lane)
    source = done(lane)

    def numbers() -> list[Any]:
        week = week_of(clock.now(), lane.tenant().week.zone)
        run = Run.objects.get()
        near = read_sidebar(source, lane.client.actor())
        return [
            [item.pk for item in selectors.decided_items()],
            selectors.acceptance([lane.workflow.pk]),
            (near.accepted, near.alike),
            reports.tally_of(week),
            reports.decided_by_week(week, week),
            list(reports.waiting_soon(clock.now())),
            list(reports.exceptions_waiting(clock.now())),
            list(workflows.items_of(run)),
            list(selectors.proposals_of_run(run.pk)),
            list(ReviewItem.objects.all()),
        ]

    before = numbers()
    found = put(lane, source)
    assert numbers() == before
    item = ReviewItem.objects.shown().get(pk=found.item_id)
    answer(lane, item, "reject", reason="wrong_facts")
    assert numbers() == before


@pytest.mark.parametrize(
    ("choice", "more", "outcome"),
    [
        ("accept", {}, "missed"),
        ("reject", {"reason": "wrong_facts"}, "caught"),
        ("again", {"reason": "wrong_facts"}, "caught"),
        ("correct", {"args": {0: {"amount": {"value": 4820, "currency": "USD"}}}}, "caught"),
        ("correct", {"args": {1: {"subject": "Your refund"}}}, "missed"),
        ("take_over", {}, "left"),
    ],
)
def test_what_became_of_it_is_kept_and_on_the_record(
    lane: Lane, choice: str, more: dict[str, Any], outcome: str
) -> None:
    item = planted(lane)
    found = answer(lane, item, choice, seconds=7, **more)
    assert (found.outcome, found.by_id, found.seconds) == (outcome, lane.client.owner.pk, 7)
    event = Event.objects.get(verb=f"quality.{outcome}")
    assert event.object_id == item.pk
    assert WORDS in event.reason


def test_what_holds_for_a_decision_holds_for_an_answer(lane: Lane) -> None:
    item, client = planted(lane), lane.client
    with pytest.raises(Forbidden):
        decide(item.pk, Choice("accept", item.content_hash), actor=client.actor(client.viewer))
    with pytest.raises(Conflict):
        decide(item.pk, Choice("accept", "0" * 64), actor=client.actor())
    with pytest.raises(Invalid):
        decide(item.pk, Choice("reject", item.content_hash), actor=client.actor())
    answer(lane, item)
    with pytest.raises(Conflict):
        decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())


def test_what_nobody_answers_is_withdrawn_when_its_time_is_over(lane: Lane) -> None:
    item = planted(lane)
    lane.pass_time(days=3)
    item.refresh_from_db()
    assert (item.status, Planted.objects.get().outcome) == ("cancelled", "closed")
    assert "item.expired" not in lane.verbs()


def test_one_that_was_ticked_with_others_is_answered_like_them(lane: Lane) -> None:
    agree(lane)
    lane.use(DRAFTS)
    source = done(lane)
    item = ReviewItem.objects.shown().get(pk=put(lane, source, {}, draft="All wrong.").item_id)
    results = decide_all([Picked(item.pk, item.content_hash)], "accept", actor=lane.client.actor())
    assert [(r.problem, r.said) for r in results] == [("", Planted.objects.get().sentence())]


DRAFTS = """
workflow: pages
title: Pages
rung: draft_only
brief: {why: "Keep the pages right."}
sources: [returns-policy]
schemas:
  page: {type: object, required: [text], properties: {text: {type: string}}}
steps:
  - name: facts
    retrieve: {query: "{{ input.message }}"}
  - name: page
    needs: [facts]
    generate: {prompt: "Write.", schema: {$ref: page}, cite: facts, template: "[[best 1]]"}
"""


def test_a_planted_item_is_in_the_api_like_any_other(lane: Lane) -> None:
    """Whoever compares the queue with the API must not find it by what lacks there."""
    item = planted(lane)
    _, key = make_key(name="shop", scopes=["reviews:read"], actor=lane.client.actor())
    ask = {"headers": {"Authorization": f"Bearer {key}"}}
    listed = Http().get("/api/v1/review-items?status=waiting", **ask).json()["results"]
    [shown] = [one for one in listed if one["id"] == str(item.pk)]
    real = ReviewItem.objects.latest("id")
    [other] = [
        one
        for one in Http().get("/api/v1/review-items", **ask).json()["results"]
        if one["id"] == str(real.pk)
    ]
    assert shown.keys() == other.keys()
    assert (shown["status"], shown["kind"]) == ("waiting", real.kind)
    assert "planted" not in str(shown)
    assert Http().get(f"/api/v1/review-items/{item.pk}", **ask).json()["id"] == str(item.pk)
