"""What may change between seeing an item, approving it and doing it."""

from collections.abc import Callable
from datetime import timedelta

from approvals.gate.never_rules import add_rule
from approvals.gate.tools import change_tool
from approvals.models import Proposal, Tool
from approvals.rules.never import Rule
from audit.canonical import sha256
from tenants import clock
from tenants.models import Membership, Provider, Source, Tenant, User
from tenants.services.people import change_role, end_membership
from tenants.services.tenants import stop_everything
from tenants.sources.services import add_revision
from tests.lanes import Lane
from workflows.services.definitions import change_rung, pause

Change = Callable[[Lane], object]


def tool(name: str) -> Tool:
    return Tool.objects.get(name=name)


def newer_policy(lane: Lane) -> None:
    add_revision(
        Source.objects.get(name="returns-policy"),
        filename="returns.md",
        content=b"# Returns policy\n\nDamaged items are no longer refunded. Not one of them.",
        actor=lane.client.actor(),
    )


def stale_policy(lane: Lane) -> None:
    Source.objects.filter(name="returns-policy").update(
        verified_at=clock.now() - timedelta(days=91)
    )


def new_tool_version(lane: Lane) -> None:
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), title="New shop refund")


def disabled_tool(lane: Lane) -> None:
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), enabled=False)


def other_payload(lane: Lane) -> None:
    proposal = lane.proposals()["refund"]
    args = proposal.args | {"amount": {"value": 19_999, "currency": "USD"}}
    Proposal.objects.filter(pk=proposal.pk).update(args=args)


def other_payload_and_hash(lane: Lane) -> None:
    proposal = lane.proposals()["refund"]
    args = proposal.args | {"order": "10413"}
    Proposal.objects.filter(pk=proposal.pk).update(args=args, args_hash=sha256(args))


def never_rule(lane: Lane) -> None:
    add_rule(Rule(kind="refund", why="Not this week."), actor=lane.world.staff(lane.client))


def lower_provider(lane: Lane) -> None:
    Provider.objects.update(rung="recommend_and_route")


def lower_tenant(lane: Lane) -> None:
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(rung="draft_only")


def lower_workflow(lane: Lane) -> None:
    change_rung(lane.workflow, rung="never_execute", actor=lane.world.staff(lane.client))


def paused(lane: Lane) -> None:
    pause(lane.workflow, actor=lane.client.actor())


def stopped(lane: Lane) -> None:
    stop_everything(actor=lane.client.actor())


def provider_stopped(lane: Lane) -> None:
    Provider.objects.update(stopped_at=clock.now())


def expired(lane: Lane) -> None:
    clock.pass_time(timedelta(hours=24))


def demoted(lane: Lane) -> None:
    other = Membership.objects.get(user=lane.client.approver)
    owner = lane.client.actor()
    change_role(other.pk, role="owner", actor=owner)
    change_role(Membership.objects.get(user=lane.client.owner).pk, role="viewer", actor=owner)


def membership_ended(lane: Lane) -> None:
    other = Membership.objects.get(user=lane.client.approver)
    owner = lane.client.actor()
    change_role(other.pk, role="owner", actor=owner)
    end_membership(Membership.objects.get(user=lane.client.owner).pk, actor=owner)


def user_disabled(lane: Lane) -> None:
    User.objects.filter(pk=lane.client.owner.pk).update(is_active=False)


def nothing_left_behind(lane: Lane) -> None:
    assert lane.shop.requests == []
    assert lane.post.messages == []


def no_host(lane: Lane) -> None:
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(allowed_hosts=[])


def secret_gone(lane: Lane) -> None:
    refund = tool("shop.refund")
    Tool.objects.filter(pk=refund.pk).update(
        settings={**refund.settings, "headers": {"Authorization": "secret:shop-key"}}
    )
