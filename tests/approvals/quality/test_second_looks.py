"""A second look at a random few: by somebody else, blind, changing nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Decision, ReviewItem, SecondLook
from approvals.quality import second_looks
from approvals.quality.consent import set_second_looks
from approvals.quality.second_looks import answer_second_look, open_looks_of
from approvals.rules import quality_metrics
from audit import outbox
from audit.models import Event, Outbox
from tenants import access, clock
from tenants.errors import Conflict, Forbidden, Invalid
from tests.lanes import Lane

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_item_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draw itself has its own tests."""
    monkeypatch.setattr(quality_metrics, "is_drawn", lambda key, item, percent: percent > 0)


def on(lane: Lane, percent: int = 20) -> None:
    set_second_looks(percent, actor=lane.client.actor())


def looked_at(lane: Lane, choice: str = "accept", **more: object) -> SecondLook:
    lane.start()
    lane.decide(choice, **more)  # type: ignore[arg-type]
    return SecondLook.objects.get()


def test_nothing_is_looked_at_again_where_nobody_asked_for_it(lane: Lane) -> None:
    lane.start()
    lane.say()
    assert not Outbox.objects.filter(topic=second_looks.TOPIC).exists()


def test_deciding_takes_as_many_statements_as_without(lane: Lane) -> None:
    def statements() -> int:
        lane.start()
        with CaptureQueriesContext(connection) as captured:
            lane.say()
        outbox.drain()
        return len(captured)

    statements()
    without = statements()
    on(lane)
    lane.client.tenant.refresh_from_db()
    assert statements() == without


def test_an_accepted_item_waits_for_everybody_who_may_decide_but_the_decider(lane: Lane) -> None:
    on(lane)
    look = looked_at(lane)
    assert look.due_at == clock.now() + timedelta(days=7)
    other = lane.client.actor(lane.client.approver)
    assert list(open_looks_of(other)) == [look]
    assert list(open_looks_of(lane.client.actor())) == []
    assert list(open_looks_of(lane.client.actor(lane.client.viewer))) == []
    assert list(open_looks_of(lane.world.staff(lane.client))) == []


def test_an_approver_of_other_workflows_is_not_asked(lane: Lane) -> None:
    on(lane)
    looked_at(lane)
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    other = lane.client.actor(lane.client.approver)
    assert list(open_looks_of(other)) == []
    with pytest.raises(Forbidden):
        answer_second_look(SecondLook.objects.get().pk, "accept", actor=other)


@pytest.mark.parametrize(("choice", "reason"), [("reject", "tone"), ("take_over", "")])
def test_what_was_not_accepted_is_not_looked_at_again(lane: Lane, choice: str, reason: str) -> None:
    on(lane)
    lane.start()
    lane.decide(choice, reason=reason)
    assert not SecondLook.objects.exists()


def test_where_nobody_else_may_decide_none_is_made(lane: Lane) -> None:
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    on(lane)
    lane.start()
    lane.decide()
    assert not SecondLook.objects.exists()


def test_an_answer_changes_nothing_and_a_no_is_on_the_record(lane: Lane) -> None:
    on(lane)
    look = looked_at(lane)
    before = ReviewItem.objects.values().get(), list(Decision.objects.values())
    permits = lane.permits()
    other = lane.client.actor(lane.client.approver)
    found = answer_second_look(look.pk, "reject", reason="wrong_facts", seconds=9, actor=other)
    assert (found.choice, found.by_id, found.seconds) == ("reject", other.id, 9)
    assert (ReviewItem.objects.values().get(), list(Decision.objects.values())) == before
    assert lane.permits() == permits
    event = Event.objects.get(verb="quality.look_disagreed")
    assert (event.object_id, event.actor_id, event.reason) == (
        look.item_id,
        other.id,
        "Wrong facts",
    )


def test_agreeing_is_on_the_record_too_and_is_said_once(lane: Lane) -> None:
    on(lane)
    look = looked_at(lane, "correct", draft="Dear Mia, done.")
    other = lane.client.actor(lane.client.approver)
    answer_second_look(look.pk, "correct", actor=other)
    assert Event.objects.filter(verb="quality.look_agreed").count() == 1
    with pytest.raises(Conflict):
        answer_second_look(look.pk, "accept", actor=other)


def test_the_decider_the_provider_and_a_hasty_answer_are_refused(lane: Lane) -> None:
    on(lane)
    look = looked_at(lane)
    for actor in (lane.client.actor(), lane.world.staff(lane.client)):
        with pytest.raises(Forbidden):
            answer_second_look(look.pk, "accept", actor=actor)
    other = lane.client.actor(lane.client.approver)
    for choice, reason, words in (("reject", "", ""), ("reject", "other", " "), ("maybe", "", "")):
        with pytest.raises(Invalid):
            answer_second_look(look.pk, choice, reason=reason, words=words, actor=other)


def test_it_lapses_after_a_week_and_at_once_where_the_share_is_set_to_none(lane: Lane) -> None:
    on(lane)
    look = looked_at(lane)
    other = lane.client.actor(lane.client.approver)
    with clock.at(clock.now() + timedelta(days=7)):
        assert list(open_looks_of(other)) == []
        with pytest.raises(Conflict):
            answer_second_look(look.pk, "accept", actor=other)
    on(lane, 0)
    assert list(open_looks_of(other)) == []


def test_a_debt_that_comes_twice_asks_once(lane: Lane) -> None:
    on(lane)
    look = looked_at(lane)
    outbox.enqueue(second_looks.TOPIC, look.item_id)
    outbox.drain()
    assert SecondLook.objects.count() == 1
