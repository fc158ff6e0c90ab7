"""Deciding: by whom, about what was seen, once, and never in vain (cases A1, A4, A6)."""

import pytest

from approvals.decisions.services import Choice, decide
from audit.canonical import sha256
from tenants import access
from tenants.actors import SYSTEM, Actor
from tenants.errors import Conflict, Forbidden, NotFound, Refused
from tenants.models import ApiKey
from tenants.roles import Capability
from tenants.scope import tenant_scope
from tenants.services.keys import make_key
from tests.approvals.changes import (
    Change,
    disabled_tool,
    lower_provider,
    lower_tenant,
    lower_workflow,
    never_rule,
    new_tool_version,
    newer_policy,
    no_host,
    nothing_left_behind,
    other_payload,
    other_payload_and_hash,
    paused,
    provider_stopped,
    secret_gone,
    stale_policy,
    stopped,
)
from tests.lanes import Lane


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (new_tool_version, Conflict),
        (disabled_tool, Conflict),
        (newer_policy, Refused),
        (stale_policy, Refused),
    ],
)
def test_what_changed_since_it_was_seen_can_not_be_approved(
    lane: Lane, change: Change, error: type[Exception]
) -> None:
    """Case A1★."""
    lane.start()
    change(lane)
    with pytest.raises(error) as refused:
        lane.say()
    assert refused.value.status == 409  # type: ignore[attr-defined]
    assert lane.item().status == "waiting"
    lane.decide("reject", reason="stale_source")  # saying no is always possible
    nothing_left_behind(lane)


@pytest.mark.parametrize("change", [other_payload_and_hash, other_payload])
def test_a_payload_changed_behind_the_persons_back_is_not_done(lane: Lane, change: Change) -> None:
    """Case A1★: what is approved is what was shown, whoever touched the row."""
    lane.start()
    change(lane)
    with pytest.raises(Conflict) as refused:
        lane.say()
    assert refused.value.code == "changed"
    nothing_left_behind(lane)


def test_content_of_another_item_can_not_be_approved(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    chosen = Choice("accept", content_hash=sha256({"draft": {}, "proposals": []}))
    with pytest.raises(Conflict) as refused:
        decide(item.pk, chosen, actor=lane.client.actor())
    assert refused.value.code == "changed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (never_rule, "Not this week."),
        (lower_provider, "rung “recommend and route”"),
        (lower_tenant, "rung “draft only”"),
        (lower_workflow, "rung “never execute”"),
        (stopped, "has stopped everything"),
        (provider_stopped, "has stopped all work"),
        (paused, "is paused"),
        (no_host, "allowed hosts"),
        (secret_gone, "shop-key is not kept"),
    ],
)
@pytest.mark.parametrize("choice", ["accept", "correct"])
def test_nobody_says_yes_in_vain(lane: Lane, change: Change, said: str, choice: str) -> None:
    """Case A6: asked when somebody signs or edits, not only once all of them have."""
    lane.start()
    change(lane)
    with pytest.raises(Refused, match=said):
        lane.say(choice, draft="Sorry, Mia." if choice == "correct" else None)
    assert lane.item().status == "waiting"
    assert lane.permits() == []
    lane.decide("reject", reason="unsafe")
    nothing_left_behind(lane)


def test_an_edit_into_what_a_rule_forbids_is_refused_at_once(lane: Lane) -> None:
    lane.start()
    with pytest.raises(Refused, match="Dana handles large refunds"):
        lane.say("correct", args={0: {"amount": {"value": 30_000, "currency": "USD"}}})
    assert lane.item().status == "waiting"
    assert lane.statuses() == {"refund": "proposed", "send": "proposed"}


def test_machines_and_staff_never_decide(lane: Lane) -> None:

    lane.start()
    item = lane.item()
    everything = frozenset(Capability)
    key, _ = make_key(name="shop", scopes=["runs:write"], actor=lane.client.actor())
    machines = [
        SYSTEM,
        Actor("system", None, "Handrail", "owner", everything, everything),
        Actor("key", key.pk, "shop key", "owner", everything, everything),
        Actor("key", lane.client.owner.pk, "shop key", "owner", everything, everything),
    ]
    staff = [
        lane.world.staff(lane.client, u)
        for u in (lane.world.admin, lane.world.operator, lane.world.reviewer)
    ]
    for actor in (*machines, *staff):
        for choice in ("accept", "reject"):
            with pytest.raises(Forbidden):
                lane.say(choice, item=item, actor=actor, reason="tone")
    assert ApiKey.objects.exists()
    assert lane.item().status == "waiting"


def test_only_roles_that_may_decide_do(lane: Lane) -> None:
    lane.start()
    with pytest.raises(Forbidden):
        lane.say(actor=lane.client.actor(lane.client.viewer))
    stranger = lane.world.quill.owner
    assert access.actor_in(stranger, lane.client.tenant) is None
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    with pytest.raises(Forbidden):
        lane.say(actor=lane.client.actor(lane.client.approver))
    access.grant(lane.workflow, lane.client.approver, actor=lane.client.actor())
    lane.decide(actor=lane.client.actor(lane.client.approver))
    assert len(lane.shop.requests) == 1


def test_an_item_of_another_client_is_not_there(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    quill = lane.world.quill
    with tenant_scope(quill.tenant.pk), pytest.raises(NotFound):
        decide(item.pk, Choice("accept", content_hash=item.content_hash), actor=quill.actor())


def test_deciding_twice_says_who_was_first(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    lane.say("reject", reason="tone")
    with pytest.raises(Conflict) as refused:
        lane.say(item=item)
    assert refused.value.code == "already_decided"
    assert "Owner Harbor & Pine decided this already: rejected." in refused.value.message
