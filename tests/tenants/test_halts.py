"""What the client halted goes on by the client's will; the provider may always halt."""

import pytest

from audit.models import Event
from tenants.actors import Actor
from tenants.errors import Forbidden
from tenants.halts import halted_by, may_release
from tenants.ids import uuid7
from tenants.roles import CLIENT_ROLES, STAFF_ROLES, Capability
from tests.lanes import Lane
from tests.world import REQUEST
from workflows.services.definitions import pause, unpause
from workflows.services.runs import pause_run, resume_run, start_run


def _person(role: str) -> Actor:
    return Actor("person", uuid7(), role, role, CLIENT_ROLES[role].capabilities)


def _staff(role: str) -> Actor:
    return Actor("staff", uuid7(), role, role, STAFF_ROLES[role].capabilities)


OWNER, APPROVER, OTHER = _person("owner"), _person("approver"), _person("approver")
ADMIN, OPERATOR = _staff("admin"), _staff("operator")
KEY, ANOTHER_KEY = (Actor("key", uuid7(), "shop", "key") for _ in range(2))


@pytest.mark.parametrize(
    ("halted", "released"),
    [
        (OWNER, {OWNER}),
        (APPROVER, {OWNER, APPROVER}),
        (KEY, {OWNER, KEY, ANOTHER_KEY}),
        (ADMIN, {OWNER, ADMIN, OPERATOR}),
        (None, {OWNER}),  # nobody knows who did
    ],
)
def test_who_lets_go_on_what_somebody_halted(halted: Actor | None, released: set[Actor]) -> None:
    everybody = {OWNER, APPROVER, OTHER, ADMIN, OPERATOR, KEY, ANOTHER_KEY}
    kept = halted_by(halted) if halted else None
    assert {one for one in everybody if may_release(one, kept)} == released


def test_what_a_person_paused_is_not_resumed_by_the_provider(lane: Lane) -> None:
    staff, owner = lane.world.staff(lane.client), lane.client.actor()
    pause(lane.workflow, actor=owner)
    with pytest.raises(Forbidden, match="halted Refund replies"):
        unpause(lane.workflow, actor=staff)
    unpause(lane.workflow, actor=owner)
    run, _ = start_run(lane.workflow, input=REQUEST, trigger="api", actor=owner)
    approver = lane.client.actor(lane.client.approver)
    pause_run(run.pk, actor=approver)
    with pytest.raises(Forbidden, match="halted this run"):
        resume_run(run.pk, actor=staff)
    resume_run(run.pk, actor=owner)
    pause_run(run.pk, actor=staff)
    with pytest.raises(Forbidden):
        resume_run(run.pk, actor=approver)
    pause_run(run.pk, actor=owner)  # now it is the owner's
    with pytest.raises(Forbidden):
        resume_run(run.pk, actor=staff)
    resume_run(run.pk, actor=owner)
    told = [e.before for e in Event.objects.filter(verb="run.resumed").order_by("id")]
    assert told == [{"paused_by": approver.label}, {"paused_by": owner.label}]


def test_staff_set_no_policies() -> None:
    for role in STAFF_ROLES.values():
        assert Capability.SET_POLICIES not in role.capabilities, role.key
    assert Capability.SET_POLICIES in CLIENT_ROLES["owner"].capabilities
    assert Capability.SET_POLICIES not in CLIENT_ROLES["approver"].capabilities
