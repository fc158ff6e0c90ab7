"""What a viewer may do with an item, and the sentences that say why."""

from typing import Any

import pytest

from approvals.review.selectors import QueueView
from portal.review.item.policy import PolicyView
from portal.review.item.rights import Rights, rights_on
from tenants.actors import Actor
from tenants.ids import uuid7
from tenants.roles import Capability
from tests.approvals.unsaved import unsaved_item

DECIDES = frozenset({Capability.DECIDE})
NOBODY: frozenset[Capability] = frozenset()
OWNER = Actor("person", uuid7(), "Owner", "owner", DECIDES)
VIEWER = Actor("person", uuid7(), "Viewer", "viewer", NOBODY)
APPROVER = Actor("person", uuid7(), "Approver", "approver", NOBODY, by_grant=DECIDES)
STAFF = Actor("staff", uuid7(), "Staff", "operator", NOBODY)


class Mine:
    """The queue of a viewer who may decide everything, or nothing."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def may_decide(self, item: object) -> bool:
        return self.actor is OWNER


def rights(
    actor: Actor = OWNER, policy: PolicyView | None = None, *, waiting: bool = True, **item: Any
) -> Rights:
    given = {"kind": "draft", "draft": {"text": "Hello Mia."}, "why": "It is new."} | item
    mine: Any = Mine(actor)
    view: QueueView = mine
    return rights_on(unsaved_item(**given), [], None, policy, view, waiting=waiting)


def policy(**more: Any) -> PolicyView:
    given: dict[str, Any] = {"needs": "two owners", "signed": [], "left": 2, "nobody": False}
    may = {"is_apart": False, "may_accept": True, "may_reject": True, "why_not": ""}
    return PolicyView(**(given | may | more))


def may(found: Rights) -> tuple[bool, bool, bool]:
    return found.may_decide, found.may_accept, found.can_edit


def test_who_decides_accepts_and_edits_what_waits() -> None:
    found = rights()
    assert (may(found), found.why_you) == ((True, True, True), "It is new.")


def test_nobody_decides_what_waits_no_more() -> None:
    found = rights(waiting=False)
    assert (may(found), found.why_not) == ((False, False, False), "")


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (VIEWER, "You can look, but your role does not decide."),
        (
            APPROVER,
            "You can look, but you were not given this workflow. An owner can give it to you.",
        ),
        (STAFF, "You can look, but the client decides this."),
    ],
)
def test_who_decides_nothing_is_told_why(actor: Actor, said: str) -> None:
    found = rights(actor)
    assert (may(found), found.why_not) == ((False, False, False), said)


def test_an_item_without_a_text_is_decided_and_not_accepted() -> None:
    said = "There is no text here to accept. Write it, send it back or reject it."
    found = rights(draft={"text": " "})
    assert (may(found), found.why_not) == ((True, False, True), said)
    staff = rights(STAFF, draft={"text": " "})
    assert staff.why_not == f"{said} You can look, but the client decides this."
    assert rights(VIEWER, draft={"text": " "}).why_not == (
        "You can look, but your role does not decide."
    )


@pytest.mark.parametrize("item", [{"kind": "exception"}, {"draft": {}}])
def test_what_has_no_parts_is_not_edited(item: dict[str, Any]) -> None:
    assert may(rights(**item)) == (True, True, False)


def test_a_policy_says_who_may() -> None:
    found = rights(VIEWER, policy())
    assert (may(found), found.why_you) == (
        (True, True, True),
        "By your policy it needs two owners.",
    )
    signed = rights(OWNER, policy(may_accept=False, why_not="You have approved this."))
    assert (may(signed), signed.why_not) == ((True, False, False), "You have approved this.")
    apart = rights(OWNER, policy(may_accept=False, may_reject=False, why_not="Not you."))
    assert may(apart) == (False, False, False)


@pytest.mark.parametrize(
    ("why", "waiting", "said"),
    [
        ("By your policy it needs an owner.", True, "One approval is enough."),
        ("By your policy it needs an owner.", False, "By your policy it needs an owner."),
        ("It is new.", True, "It is new."),
    ],
)
def test_the_reason_is_that_of_the_policy_there_is_now(why: str, waiting: bool, said: str) -> None:
    assert rights(waiting=waiting, why=why).why_you == said


def test_an_exception_keeps_its_own_reason() -> None:
    assert rights(OWNER, policy(), kind="exception", why="It broke.").why_you == "It broke."


def test_who_may_accept_has_nothing_that_stands_against_it() -> None:
    found = rights(OWNER)
    assert (found.may_accept, found.why_not) == (True, "")
