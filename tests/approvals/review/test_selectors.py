"""Reads of the queue and of what was decided leave out what does not belong there."""

from datetime import timedelta

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, TextField, Value

from approvals.models import ReviewItem, Snooze
from approvals.policies.absences import set_away
from approvals.review import selectors
from approvals.review.selectors import queue_view
from approvals.rules.policy_terms import Group
from audit import outbox
from tenants import access, clock
from tests.approvals.put_up import put_up
from tests.lanes import Lane
from tests.policy_kit import OWNERS, dana, policy
from tests.world import REQUEST
from workflows.services.runs import start_run


def titles(items: object) -> list[str]:
    return [one.title for one in items]  # type: ignore[attr-defined]


def test_the_queue_is_in_the_order_of_its_deadlines(lane: Lane) -> None:
    for hours, title in ((3, "late"), (1, "soon"), (2, "between")):
        put_up(lane, title, due_at=clock.now() + timedelta(hours=hours))
    gone = put_up(lane, "gone")
    ReviewItem.objects.filter(pk=gone.pk).update(status="cancelled")
    assert titles(selectors.queue()) == ["soon", "between", "late"]


def test_a_snoozed_item_is_out_of_sight_until_its_time(lane: Lane) -> None:
    asleep, owner = put_up(lane, "asleep"), lane.client.actor()
    put_up(lane, "awake")
    until = clock.now() + timedelta(hours=1)
    Snooze.objects.create(item=asleep, person_id=owner.id, until=until)
    view = queue_view(owner).items
    assert (titles(view.snoozed()), titles(view.awake())) == (["asleep"], ["awake"])
    assert titles(queue_view(lane.client.actor(lane.client.approver)).items.snoozed()) == []
    with clock.at(until):
        view = queue_view(owner).items
        assert titles(view.snoozed()) == []
        assert titles(view.awake()) == ["asleep", "awake"]


def test_a_viewer_decides_nothing_and_an_owner_everything(lane: Lane) -> None:
    put_up(lane)
    viewer = queue_view(lane.client.actor(lane.client.viewer))
    approver = queue_view(lane.client.actor(lane.client.approver))
    owner = queue_view(lane.client.actor())
    assert [one.decides for one in (viewer, approver, owner)] == [False, True, True]
    assert [one.reach.by_role for one in (viewer, approver, owner)] == [False, False, True]
    assert [one.items.decidable().count() for one in (viewer, approver, owner)] == [0, 1, 1]
    assert [one.items.team().count() for one in (viewer, approver, owner)] == [0, 1, 1]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lamp", ["Lamp for Mia", "Lamp 50% off"]),
        ("MIA lamp", ["Lamp for Mia", "Lamp 50% off"]),
        ("theo@", ["Stool"]),
        ("10413", ["Stool"]),
        ("lamp stool", []),
        ("50%", ["Lamp 50% off"]),
        ("l_mp", []),
        ("\\", []),
        ("", ["Lamp for Mia", "Lamp 50% off", "Stool"]),
    ],
)
def test_items_are_found_by_every_word_of_title_asker_and_request(
    lane: Lane, words: str, found: list[str]
) -> None:
    put_up(lane, "Lamp for Mia", draft={"order": "10412"})
    put_up(lane, "Lamp 50% off", draft={"order": "7"})
    put_up(lane, "Stool", asked_by="theo@customers.example", draft={"order": "10413"})
    patterns = Value(selectors.search_patterns(words), ArrayField(TextField()))
    matching = selectors.items_matching(selectors.queue(), patterns, asked=F("draft__order"))
    assert titles(matching) == found


@pytest.mark.parametrize("words", ["Straße", "STRAßE", "ﬁne", "ŉ"])
def test_a_word_with_a_letter_whose_capital_is_two_letters_is_found(lane: Lane, words: str) -> None:
    put_up(lane, f"To {words}")
    patterns = Value(selectors.search_patterns(words), ArrayField(TextField()))
    matching = selectors.items_matching(selectors.queue(), patterns, asked=F("draft__order"))
    assert titles(matching) == [f"To {words}"]


def test_choices_are_counted_by_workflow_and_lately(lane: Lane) -> None:
    lane.start()
    lane.decide("reject", reason="tone")
    lane.start()
    lane.decide()
    workflow = lane.workflow.pk
    assert selectors.acceptance([workflow]) == {workflow: {"accept": 1, "reject": 1}}
    assert selectors.acceptance([]) == {}
    with clock.at(clock.now() + timedelta(days=91)):
        assert selectors.acceptance([workflow]) == {}


def test_what_was_decided_comes_newest_first_and_what_waits_is_not_in_it(lane: Lane) -> None:
    lane.start()
    first = lane.decide().item
    lane.pass_time(minutes=1)
    lane.start(order_id="10413")
    second = lane.decide("reject", reason="tone").item
    put_up(lane, "waits")
    assert list(selectors.decided_items()) == [second, first]
    assert [one.choice for one in selectors.decisions_of([first.pk, second.pk])] == [
        "accept",
        "reject",
    ]
    assert selectors.decision_of(first) is not None
    assert selectors.decision_of(put_up(lane, "another")) is None


def of(lane: Lane, who: str, *, team: bool) -> set[str]:
    found = queue_view(lane.client.actor(getattr(lane.client, who))).items
    items = found.team() if team else found.decidable()
    return {str(item.pk) for item in items}


def test_what_one_signed_is_the_teams_still(lane: Lane) -> None:
    policy(lane, Group(roles=("owner",), people=(lane.client.approver.pk,), needed=2))
    lane.start()
    item = lane.item()
    lane.say(actor=dana(lane))
    assert of(lane, "approver", team=False) == set()
    assert of(lane, "approver", team=True) == {str(item.pk)}
    assert of(lane, "owner", team=False) == of(lane, "owner", team=True) == {str(item.pk)}


def test_what_one_is_set_apart_from_is_the_teams_still(lane: Lane) -> None:
    policy(lane, Group(people=(lane.client.approver.pk,)), OWNERS, apart=True)
    start_run(lane.workflow, input=REQUEST, trigger="person", actor=dana(lane))
    outbox.drain()
    item = lane.item()
    assert of(lane, "approver", team=False) == set()
    assert of(lane, "approver", team=True) == {str(item.pk)}


def test_a_policy_that_names_one_makes_its_items_the_teams_without_a_grant(lane: Lane) -> None:
    client = lane.client
    lane.start()
    access.revoke(lane.workflow, client.approver, actor=client.actor())
    assert of(lane, "approver", team=True) == set()
    backup = Group(people=(client.approver.pk,))
    policy(lane, OWNERS, hours=8, backup=backup, backup_after=4)
    item = lane.item()
    assert of(lane, "approver", team=False) == set()  # the backup is not asked yet
    assert of(lane, "approver", team=True) == {str(item.pk)}


def test_a_stand_ins_items_are_the_teams_too(lane: Lane) -> None:
    client = lane.client
    access.revoke(lane.workflow, client.approver, actor=client.actor())
    policy(lane)
    lane.start()
    today = clock.now().date()
    assert of(lane, "approver", team=True) == set()
    set_away(client.owner.pk, today, today, stand_in=client.approver.pk, actor=client.actor())
    assert of(lane, "approver", team=False) == {str(lane.item().pk)}
    assert of(lane, "approver", team=True) == {str(lane.item().pk)}


def test_a_viewer_that_a_policy_names_has_no_team(lane: Lane) -> None:
    policy(lane)
    lane.start()
    assert of(lane, "viewer", team=True) == set()
    assert ReviewItem.objects.filter(status="waiting").exists()
