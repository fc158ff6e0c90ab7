"""What a decision and its effects need is read whole, as it is now, and of this client alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import queries
from approvals.gate.never_rules import add_rule
from approvals.models import Absence, Permit, Tool
from approvals.queries import People
from approvals.rules.never import Rule
from approvals.rules.policy_terms import Group, Person
from tenants import access, clock
from tenants.errors import NotFound
from tenants.ids import uuid7
from tenants.models import Membership, User
from tenants.scope import tenant_scope
from tenants.services.keys import set_secret
from tests.lanes import Lane
from tests.policy_kit import policy
from workflows.engine.state.entered_runs import loading_for_items

OLGA = Person(uuid7(), "Olga", "olga@shop.example", "owner")
DANA = Person(uuid7(), "Dana", "dana@shop.example", "approver")


def test_people_are_granted_by_workflow_or_as_if_everywhere() -> None:
    workflow = uuid7()
    people = People([(OLGA, frozenset()), (DANA, frozenset({workflow}))], {}, ())
    assert [one.granted for one in people.as_of(workflow)] == [False, True]
    assert [one.granted for one in people.as_of(uuid7())] == [False, False]
    assert [one.granted for one in people.as_of(None)] == [False, False]
    assert [one.granted for one in people.as_if_granted()] == [True, True]


def test_the_rules_of_a_tenant_are_its_own_and_those_of_the_provider(lane: Lane) -> None:
    made = policy(lane, Group(roles=("owner",)), kind="refund")
    rule = add_rule(Rule(kind="send", why="Not now."), actor=lane.world.staff(lane.client))
    found = queries.tenant_rules()
    assert found.provider is not None
    assert (found.provider.name, found.tenant) == ("Northlight Operations", lane.client.tenant)
    assert (found.never, found.policies) == ((rule,), (made.terms(),))
    with tenant_scope(lane.world.quill.tenant.pk):
        theirs = queries.tenant_rules()
    assert (theirs.tenant, theirs.never, theirs.policies) == (lane.world.quill.tenant, (), ())


def test_people_are_members_who_may_sign_in_and_no_staff(lane: Lane) -> None:
    client, operator = lane.client, lane.world.operator
    Membership.objects.create(tenant=client.tenant, user=operator, role="owner")
    User.objects.filter(pk=client.viewer.pk).update(is_active=False)
    found = queries.people()
    assert [(one.id, one.role, given) for one, given in found.everyone] == [
        (client.approver.pk, "approver", {client.workflow.pk}),
        (client.owner.pk, "owner", frozenset()),
    ]
    assert found.policies == ()


def test_away_is_who_is_absent_today_with_their_stand_in(lane: Lane) -> None:
    owner, approver, viewer = lane.client.owner, lane.client.approver, lane.client.viewer
    today, day = clock.now().date(), timedelta(days=1)
    for person, stand_in, first, last in (
        (owner, approver, today, today),
        (approver, None, today - day, today),
        (viewer, owner, today + day, today + day),
        (viewer, owner, today - day, today - day),
    ):
        Absence.objects.create(person=person, stand_in=stand_in, first=first, last=last)
    assert queries.people().away == {owner.pk: approver.pk, approver.pk: None}


def test_deciders_come_with_the_enabled_tools_that_are_named(lane: Lane) -> None:
    Tool.objects.filter(name="mail.send").update(enabled=False)
    names = ["shop.refund", "mail.send", "shop.gone"]
    found = queries.deciders_and_tools(lane.workflow.pk, names)
    assert found.deciders == [lane.client.approver, lane.client.owner]
    assert list(found.tools) == ["shop.refund"]
    assert queries.deciders_and_tools(uuid7()).deciders == [lane.client.owner]
    assert queries.deciders_and_tools(uuid7()).tools == {}


def test_a_case_to_decide_has_all_that_is_asked_of_a_decision(lane: Lane) -> None:
    set_secret(name="shop-key", value="tok", actor=lane.world.staff(lane.client))
    lane.start()
    item = lane.item()
    with CaptureQueriesContext(connection) as asked:
        case = queries.get_case(item.pk)
    assert len(asked) == 1
    assert (case.item, case.item.decided_by) == (item, None)
    assert [p.tool.name for p in case.proposals] == ["shop.refund", "mail.send"]
    assert all(p.item is case.item for p in case.proposals)
    assert case.secrets == {"shop-key"}
    assert {one.name for one in case.sources.values()} == {"returns-policy", "orders"}
    assert case.tenant_rules is not None
    assert case.workflow is not None
    assert (case.decision, case.permits, case.approver) == (None, {}, None)


def test_a_case_to_perform_has_the_decision_and_what_its_maker_may_do_now(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    decision = lane.say()
    case = queries.case_to_perform(item.pk)
    assert case is not None
    assert case.decision == decision
    assert sorted(case.permits) == sorted(p.pk for p in case.proposals)
    assert case.approver == lane.client.actor()
    Permit.objects.update(status="void", void_because="Withdrawn.")
    Membership.objects.filter(user=lane.client.owner).update(role="viewer")
    case = queries.case_to_perform(item.pk)
    assert case is not None
    assert case.permits == {}
    assert case.approver is not None
    assert case.approver.role == "viewer"
    User.objects.filter(pk=lane.client.owner.pk).update(is_active=False)
    case = queries.case_to_perform(item.pk)
    assert case is not None
    assert case.approver is None


def test_an_item_of_nobody_or_of_another_client_is_no_case(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    with tenant_scope(lane.world.quill.tenant.pk):
        with pytest.raises(NotFound):
            queries.get_case(item.pk)
        assert queries.case_to_perform(item.pk) is None
    with pytest.raises(NotFound):
        queries.get_case(uuid7())


def test_cases_read_beforehand_are_found_once_and_then_read_again(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    lane.say()
    with loading_for_items([item.pk, uuid7()]):
        with CaptureQueriesContext(connection) as asked:
            first = queries.case_to_perform(item.pk)
        assert len(asked) == 0
        access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
        with CaptureQueriesContext(connection) as asked:
            second = queries.case_to_perform(item.pk)
        assert len(asked) > 0
    assert first is not None
    assert second is not None
    assert first.item == second.item == item
