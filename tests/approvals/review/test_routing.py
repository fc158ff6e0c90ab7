"""A route that is accepted asks the people it names, in the words of the person who accepted it."""

from typing import Any

import pytest

from approvals.models import Comment, Decision
from approvals.review.routing import ask_routed_members, routed_members
from audit.models import Event, Outbox
from tenants.models import User
from tenants.services.people import add_member, end_membership
from tests.approvals.put_up import put_up
from tests.lanes import Lane


def join(lane: Lane, email: str, name: str, role: str = "approver") -> User:
    user = User.objects.create_user(email, "correct horse battery staple", name=name)
    add_member(lane.client.tenant, user, role=role)
    return user


def named(to: str) -> list[str]:
    return [str(one.user) for one in routed_members(to)]


def test_people_are_named_by_address_name_first_name_or_role(lane: Lane) -> None:
    join(lane, "dana@shop.example", "Dana Lee")
    owner, approver = str(lane.client.owner), str(lane.client.approver)
    for to in ("dana@shop.example", " DANA@shop.example ", "Dana Lee", "dana  lee", "Dana"):
        assert named(to) == ["Dana Lee"], to
    assert named("Owner") == [owner]
    assert named("owners") == [owner]
    assert named("approvers") == [approver, "Dana Lee"]


def test_who_is_not_named_clearly_or_is_gone_is_nobody(lane: Lane) -> None:
    join(lane, "dana@shop.example", "Dana Lee")
    join(lane, "dana2@shop.example", "Dana Poe")
    gone = join(lane, "zoe@shop.example", "Zoe")
    end_membership(gone.memberships.get().pk, actor=lane.client.actor())
    for to in ("", " ", "Dana", "Zoe", "viewers", "somebody", str(lane.world.quill.owner)):
        assert named(to) == [], to


@pytest.mark.parametrize(
    ("draft", "words", "said"),
    [
        ({"why": " It is large. "}, "Please look.", "This is for you. It is large. Please look."),
        ({}, "", "This is for you."),
        ({"why": "w" * 2000}, "", f"This is for you. {'w' * 1983}"),
    ],
)
def test_the_people_are_asked_in_the_name_of_who_accepted(
    lane: Lane, draft: dict[str, Any], words: str, said: str
) -> None:
    dana = join(lane, "dana@shop.example", "Dana Lee")
    item = put_up(lane, draft={"to": "Dana", **draft})
    owner = lane.client.actor()
    decision = Decision(by_id=owner.id, words=words)
    assert [one.user for one in ask_routed_members(item, decision, actor=owner)] == [dana]
    comment = Comment.objects.get()
    assert (comment.text, comment.by_id, comment.asks) == (said, owner.id, [str(dana.pk)])
    assert Event.objects.get(verb="item.asked").after == {"asked": ["Dana Lee"]}
    assert Outbox.objects.filter(topic="item.asked", object_id=comment.pk).exists()


@pytest.mark.parametrize("to", ["owner", "nobody we know", ""])
def test_who_accepted_is_not_asked_and_nobody_is_no_comment(lane: Lane, to: str) -> None:
    owner = lane.client.actor()
    item = put_up(lane, draft={"to": to})
    assert ask_routed_members(item, Decision(by_id=owner.id), actor=owner) == []
    assert not Comment.objects.exists()
