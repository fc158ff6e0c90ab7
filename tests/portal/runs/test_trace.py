"""A run's trace answers what DESIGN rule 16 asks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Proposal
from audit import outbox
from tenants import clock
from tenants.scope import tenant_scope
from tests.portal.runs.runs_kit import decide_on, run_of
from tests.portal.visiting import text, visit
from tests.workflows.definition_kit import definition
from tests.workflows.routing.routing_kit import QUICK, TABLE, let_hold, table_with
from tests.world import World, make_world
from workflows.models import Call, Run
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db
SEEING = [{**one, "sees": "personal"} for one in TABLE["deployments"]]


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_trace_says_request_version_sources_prompt_model_rung_and_cost(world: World) -> None:
    run = run_of(world.harbor)
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    with tenant_scope(world.harbor.tenant.pk):
        call = Call.objects.get()
        piece = Run.objects.get().steps.get(name="facts").output["found"][0]["piece"]
    for said in (
        "My ceramic lamp arrived damaged and cracked. Can I get a refund?",  # the request
        "/workflows/refund-replies/versions/1/",
        f"/sources/records/{piece}/",
        'Returns policy §1</a> <span class="soft">at revision 1</span>',
        "Answer the customer&#x27;s message.",  # the prompt
        call.name,
        "the deployment&#x27;s default",  # why that model
        "execute with approval",
        "Refund $48.20 to Mia Chen",
        f"{call.tokens_in:,} + {call.tokens_out:,} tokens",
        "asked for a review",
    ):
        assert said in page, said


def test_a_call_at_an_unknown_price_is_not_shown_as_free(world: World) -> None:
    run = run_of(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        Call.objects.update(cost_micros=None)
        page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
        assert page.count("1 call at an unknown price") == 2
        assert "$0.00" not in page
        Call.objects.update(cost_micros=12)
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert page.count("under $0.001") == 2


def test_the_trace_says_which_model_answered_and_who_served_it(world: World) -> None:
    run = run_of(world.harbor)
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert "Answered by offline/extractive, served by offline" in page
    with tenant_scope(world.harbor.tenant.pk):
        call = Call.objects.get(kind="model")
        served = {"model": "own-2026-10", "provider": "Azure"}
        Call.objects.filter(pk=call.pk).update(response=call.response | served)
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert "Answered by own-2026-10, served by Azure" in page


def test_the_trace_says_who_decided_and_what_they_said(world: World) -> None:
    run = run_of(world.harbor)
    decide_on(world.harbor, run, "reject", reason="tone", words="Too stiff for Mia.")
    page = text(visit(world.harbor.viewer, world.harbor).get(f"runs/{run.pk}/"))
    assert "Owner Harbor &amp; Pine" in page
    assert "Too stiff for Mia." in page
    assert "The item was rejected." in page
    assert "Carried out</dt><dd>Nothing" in page


def test_the_trace_says_that_an_approved_action_failed_and_which_permit_it_had(
    world: World,
) -> None:
    run = run_of(world.harbor)
    decide_on(world.harbor, run, "accept")  # nothing listens at the shop's address
    with clock.at(clock.now() + timedelta(minutes=5)), tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
        clock.pass_time(timedelta(minutes=5))
        outbox.drain()
        assert Proposal.objects.get(position=0).status == "failed"
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert "Went wrong" in page
    assert "Called shop.refund" in page
    assert "attempt 3" in page
    assert "<dt>Permit</dt><dd>redeemed" in page


def test_a_refusal_names_its_rule(world: World) -> None:
    run = run_of(world.harbor, order_id="10414")  # 450 dollars, above what the never-rule allows
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert "Dana handles large refunds." in page
    assert "args.amount" not in page


def test_a_trace_asks_the_same_number_of_questions_however_much_happened(world: World) -> None:
    quiet, busy = run_of(world.harbor), run_of(world.harbor)
    decide_on(world.harbor, busy, "reject", reason="tone")
    owner = visit(world.harbor.owner, world.harbor)

    def questions(run: Run) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(f"runs/{run.pk}/").status_code == 200
        return len(asked)

    questions(quiet)
    # Of a run that is under way it is also asked what it waits for.
    assert questions(busy) + 3 == questions(quiet) <= 25


def test_a_tools_answer_is_shown_as_it_came_whatever_its_fields_are_called(world: World) -> None:
    run = run_of(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        odd = {"found": [{"x": 1}], "left_out": 3, "text": {"a": "b"}, "missing": None}
        run.steps.filter(name="refund").update(output=odd)
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert "&quot;left_out&quot;: 3" in page


def test_runs_that_were_handed_over_lead_to_each_other(world: World) -> None:
    client = world.harbor
    steps = """
  - name: part
    for_each: {in: input.lines, as: line}
    handoff: {workflow: nap, input: {n: line}}
"""
    with tenant_scope(client.tenant.pk):
        made = {"owner": client.owner, "actor": world.staff(client)}
        make_workflow(text=definition("\n  - {name: nap, wait: {for: 1h}}", slug="nap"), **made)
        top = make_workflow(text=definition(steps, slug="top"), **made)
        given = {"lines": [1, 2]}
        run, _ = start_run(top, input=given, trigger="api", actor=client.actor())
        outbox.drain()
        children = list(Run.objects.filter(workflow__slug="nap").order_by("id"))
    owner = visit(client.owner, client)
    above = text(owner.get(f"runs/{run.pk}/"))
    for number, child in enumerate(children, 1):
        assert f'/runs/{child.pk}/">The run of Other</a>' in above
        assert f"item {number}</span>" in above
        below = text(owner.get(f"runs/{child.pk}/"))
        assert f'/runs/{run.pk}/">A run of Other</a>' in below
        assert "Waits until" in below


def test_the_trace_says_how_a_model_was_chosen(world: World) -> None:
    let_hold(TABLE, world.admin)
    run = run_of(world.harbor)
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert "the strong model, because this may move money or do what can&#x27;t be undone" in page
    assert "row 1 of the provider's table, version 1" in page
    assert "leads to money that may move, or what can&#x27;t be undone; holds personal data" in page
    assert ", hard with 1 or less" in page
    let_hold(table_with(rows=[{"use": [QUICK]}], deployments=SEEING), world.admin)
    run = run_of(world.harbor)
    page = text(visit(world.harbor.owner, world.harbor).get(f"runs/{run.pk}/"))
    assert "Next stronger" in page
    assert "the strong model: would have cost $0.0" in page
