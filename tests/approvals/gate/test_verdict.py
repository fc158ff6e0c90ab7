"""A tool call is judged by all rungs, rules and switches that hold now."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from approvals.gate.verdict import GateContext, context_of, is_forbidden, policy_of, verdict_on
from approvals.models import Tool
from approvals.queries import TenantRules
from approvals.rules.ladder import Outcome
from approvals.rules.never import Rule
from approvals.rules.policy_terms import PolicyTerms
from approvals.workflow_lookup import WorkflowGate
from tenants import clock
from tenants.models import Provider, Tenant
from tests.approvals.unsaved import unsaved_rule, unsaved_tool

TOP = "execute_with_approval"
REFUND = unsaved_tool("shop.refund", effect="write", kind="refund")
ORDERS = unsaved_tool("shop.orders", effect="read")
ARGS = {"order": "10412", "amount": {"value": 4820, "currency": "USD"}}
WORKFLOW = WorkflowGate(UUID(int=1), (TOP,))
NO_REFUNDS = Rule(kind="refund", why="Not this week.")


def context(**more: Any) -> GateContext:
    plain: dict[str, Any] = {"rungs": (TOP, TOP), "rules": (), "stopped": (), "policies": ()}
    return GateContext(**{**plain, "tenant": Tenant(name="Harbor & Pine"), **more})


def verdict(
    workflow: WorkflowGate = WORKFLOW, tool: Tool = REFUND, **more: Any
) -> tuple[Outcome, str]:
    found = verdict_on(workflow, tool, ARGS, context=context(**more))
    return found.outcome, found.why


def test_where_nothing_stands_against_it_a_write_needs_a_permit() -> None:
    assert verdict()[0] is Outcome.PERMIT
    assert verdict(tool=ORDERS)[0] is Outcome.ALLOW


@pytest.mark.parametrize("rungs", [("draft_only", TOP), (TOP, "draft_only")])
def test_the_rung_of_provider_or_tenant_tightens(rungs: tuple[str, str]) -> None:
    assert verdict(rungs=rungs) == (
        Outcome.REFUSE,
        "On the rung “draft only” a write is refused.",
    )


def test_the_rung_of_workflow_or_action_tightens() -> None:
    for rungs in (("read_only", TOP), (TOP, "read_only")):
        assert verdict(replace(WORKFLOW, rungs=rungs)) == (
            Outcome.REFUSE,
            "On the rung “read only” a write is refused.",
        )


def test_a_never_rule_of_tenant_or_workflow_forbids_what_it_matches() -> None:
    refused = (Outcome.REFUSE, "Not this week.")
    assert verdict(rules=(NO_REFUNDS,)) == refused
    assert verdict(replace(WORKFLOW, never=(NO_REFUNDS,))) == refused
    assert verdict(rules=(Rule(kind="send"),))[0] is Outcome.PERMIT
    large = Rule(condition="args.amount.value > 4820")
    assert verdict(rules=(large,))[0] is Outcome.PERMIT


def test_a_switch_stops_reading_too_and_the_clients_is_told_first() -> None:
    paused = replace(WORKFLOW, stopped="Refund replies is paused.")
    assert verdict(paused, ORDERS) == (Outcome.REFUSE, "Refund replies is paused.")
    assert verdict(paused, stopped=("Harbor has stopped everything.",)) == (
        Outcome.REFUSE,
        "Harbor has stopped everything.",
    )
    assert verdict(paused, rules=(NO_REFUNDS,))[1] == "Refund replies is paused."


def test_a_rule_or_a_rung_forbids_a_call_and_a_switch_only_delays_it() -> None:
    paused = replace(WORKFLOW, stopped="Refund replies is paused.")
    assert not is_forbidden(WORKFLOW, REFUND, ARGS, context())
    assert not is_forbidden(paused, REFUND, ARGS, context(stopped=("All work has stopped.",)))
    assert is_forbidden(WORKFLOW, REFUND, ARGS, context(rules=(NO_REFUNDS,)))
    assert is_forbidden(WORKFLOW, REFUND, ARGS, context(rungs=(TOP, "draft_only")))
    assert is_forbidden(replace(paused, never=(NO_REFUNDS,)), REFUND, ARGS, context())


def test_the_fingerprint_of_what_is_in_force_changes_with_each_rung_and_rule() -> None:
    plain = policy_of(TOP, context())
    others = [
        policy_of("draft_only", context()),
        policy_of(TOP, context(rungs=(TOP, "draft_only"))),
        policy_of(TOP, context(rungs=("draft_only", TOP))),
        policy_of(TOP, context(rules=(NO_REFUNDS,))),
        policy_of(TOP, context(rules=(Rule(kind="refund"),))),
    ]
    assert len({plain, *others}) == 6
    assert policy_of(TOP, context(stopped=("All work has stopped.",))) == plain


def test_the_rules_of_provider_and_tenant_are_brought_together() -> None:
    tenant = Tenant(name="Harbor & Pine", rung="draft_only")
    terms = (PolicyTerms(UUID(int=2), 1, ()),)
    rule = unsaved_rule(tool="shop.refund", kind="refund", condition="true", text="x", why="No.")
    found = context_of(TenantRules(Provider(name="Northlight", rung=TOP), tenant, (rule,), terms))
    assert found == GateContext(
        rungs=(TOP, "draft_only"),
        rules=(Rule("shop.refund", "refund", "true", "x", "No."),),
        stopped=(),
        policies=terms,
        tenant=tenant,
    )


def test_a_stop_of_the_provider_is_told_before_one_of_the_client() -> None:
    now = clock.now()
    provider = Provider(name="Northlight", stopped_at=now)
    tenant = Tenant(name="Harbor & Pine", stopped_at=now)
    assert context_of(TenantRules(provider, tenant, ())).stopped == (
        "Northlight has stopped all work.",
        "Harbor & Pine has stopped everything.",
    )


def test_without_a_provider_nothing_is_ever_executed() -> None:
    found = context_of(TenantRules(None, Tenant(rung=TOP), ()))
    assert (found.rungs, found.stopped) == (("never_execute", TOP), ())
    assert verdict_on(WORKFLOW, ORDERS, ARGS, context=found).outcome is Outcome.REFUSE


def test_reading_is_not_forbidden() -> None:
    assert not is_forbidden(WORKFLOW, ORDERS, ARGS, context())
    assert not is_forbidden(WORKFLOW, ORDERS, ARGS, context(rules=(NO_REFUNDS,)))
