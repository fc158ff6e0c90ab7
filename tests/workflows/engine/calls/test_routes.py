"""A step's call is routed by the provider's table, unless somebody named a model."""

import pytest

from approvals.models import Tool
from tenants import clock
from tenants.models import Tenant
from tests.lanes import Lane
from tests.workflows.engine.calls.routes_kit import ONLY_DRAFT, models_asked, sees_all
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, let_hold, table_with
from tests.world import DEFINITION
from workflows.models import Call, Circuit, StepRun


def asked(lane: Lane) -> Call:
    return Call.objects.get(kind="model")


def test_a_step_that_leads_to_a_refund_asks_the_strong_model(routed_lane: Lane) -> None:
    run = routed_lane.start()
    call = asked(routed_lane)
    assert (call.name, call.status) == (STRONG, "done")
    assert call.why == "the strong model, because this may move money or do what can't be undone"
    assert call.choice["row"] == 1
    assert call.choice["case"] == {
        "need": "write",
        "difficulty": "easy",
        "consequence": "heavy",
        "sensitivity": "personal",
        "tokens_in": call.choice["case"]["tokens_in"],
        "most_out": 1200,
        "has_tools": False,
        "has_schema": True,
    }
    assert {one["name"] for one in call.choice["signals"]} == {
        "tokens",
        "fields",
        "attempts",
        "few_sources",
    }
    evidence = routed_lane.item().evidence
    assert (evidence["model"], evidence["model_why"]) == (STRONG, call.why)
    assert evidence["cost_micros"] == call.cost_micros > 0
    assert run.status == "waiting"


def test_a_draft_alone_asks_the_quick_one_for_less(routed_lane: Lane) -> None:
    let_hold(sees_all(TABLE), routed_lane.world.admin)
    routed_lane.use(ONLY_DRAFT)
    routed_lane.start()
    call = asked(routed_lane)
    assert (call.name, call.choice["case"]["consequence"]) == (QUICK, "none")
    table = TABLE["deployments"][0]
    rates = float(table["price_in"]), float(table["price_out"])
    exact = call.tokens_in * rates[0] + call.tokens_out * rates[1]
    assert 0 <= call.cost_micros - exact < 1


def test_a_model_that_may_not_see_what_is_sent_is_passed_over(routed_lane: Lane) -> None:
    routed_lane.use(ONLY_DRAFT)
    routed_lane.start()
    call = asked(routed_lane)
    assert call.name == STRONG
    assert call.choice["passed_over"] == [[QUICK, "it may not see personal data"]]


@pytest.mark.parametrize("at", ["step", "version", "workflow"])
def test_a_model_that_somebody_named_is_asked_whatever_the_table_says(
    routed_lane: Lane, at: str
) -> None:
    named = "offline/named"
    if at == "step":
        routed_lane.use(
            ONLY_DRAFT.replace("      cite: facts", f"      model: {named}\n      cite: facts")
        )
    elif at == "version":
        routed_lane.use(ONLY_DRAFT.replace("title:", f"model: {named}\ntitle:", 1))
    else:
        workflow = routed_lane.use(ONLY_DRAFT)
        workflow.model = named
        workflow.save()
    routed_lane.start()
    call = asked(routed_lane)
    assert (call.name, call.choice) == (named, None)


def test_without_a_table_the_usual_model_is_asked(lane: Lane) -> None:
    lane.start()
    call = asked(lane)
    assert (call.name, call.choice, call.why) == (
        "offline/extractive",
        None,
        "the deployment's default",
    )


def test_where_no_model_may_be_asked_a_person_has_it_with_every_reason(routed_lane: Lane) -> None:
    Tenant.objects.filter(pk=routed_lane.client.tenant.pk).update(model_names=[QUICK])
    routed_lane.start()
    assert not Call.objects.exists()
    problem = routed_lane.exception().draft["problem"]
    assert "No model may be asked for this." in problem
    assert "the strong model: this client or workflow does not use it." in problem


def test_a_clients_regions_and_a_versions_models_are_bounds(routed_lane: Lane) -> None:
    let_hold(sees_all(TABLE), routed_lane.world.admin)
    tenant = Tenant.objects.filter(pk=routed_lane.client.tenant.pk)
    tenant.update(model_regions=["US"])
    routed_lane.use(ONLY_DRAFT)
    routed_lane.start()
    assert asked(routed_lane).choice["passed_over"] == [[QUICK, "it is not in US"]]
    tenant.update(model_regions=[])
    Call.objects.all().delete()
    bounded = ONLY_DRAFT.replace("only-drafts", "bounded").replace(
        "title:", f"models: [{STRONG}]\ntitle:", 1
    )
    routed_lane.use(bounded)
    routed_lane.start()
    assert asked(routed_lane).name == STRONG


def test_one_whose_circuit_is_open_is_passed_over_at_once(routed_lane: Lane) -> None:
    let_hold(sees_all(TABLE), routed_lane.world.admin)
    now = clock.now()
    Circuit.objects.create(
        kind="model", name=QUICK, failures=5, failed_at=now, opens=1, opened_at=now
    )
    routed_lane.use(ONLY_DRAFT)
    routed_lane.start()
    call = asked(routed_lane)
    assert (call.name, call.choice["passed_over"]) == (STRONG, [[QUICK, "it failed lately"]])


def test_a_text_that_was_sent_back_is_harder(routed_lane: Lane) -> None:
    let_hold(table_with(limits={"attempts": 2, "few_sources": 9}), routed_lane.world.admin)
    routed_lane.start()
    routed_lane.decide("again", reason="tone", words="Warmer, please.")
    first, second = Call.objects.filter(kind="model").order_by("id")
    assert [one.choice["case"]["difficulty"] for one in (first, second)] == ["usual", "hard"]


def test_a_tool_that_changes_its_kind_changes_the_consequence_at_once(routed_lane: Lane) -> None:
    let_hold(sees_all(TABLE), routed_lane.world.admin)
    Tool.objects.filter(name="shop.refund").update(kind="edit")
    routed_lane.start()
    call = asked(routed_lane)
    assert (call.name, call.choice["case"]["consequence"]) == (QUICK, "goes_out")


def test_a_text_sent_back_that_no_model_may_write_by_now_goes_to_a_person(
    routed_lane: Lane,
) -> None:
    routed_lane.start()
    Tenant.objects.filter(pk=routed_lane.client.tenant.pk).update(model_names=[QUICK])
    routed_lane.decide("again", reason="tone", words="Warmer, please.")
    assert Call.objects.filter(kind="model").count() == 1
    assert "No model may be asked for this." in routed_lane.exception().draft["problem"]


def test_one_that_has_rested_is_asked_again(routed_lane: Lane) -> None:
    let_hold(sees_all(TABLE), routed_lane.world.admin)
    now = clock.now()
    Circuit.objects.create(
        kind="model", name=QUICK, failures=5, failed_at=now, opens=1, opened_at=now
    )
    routed_lane.use(ONLY_DRAFT)
    routed_lane.pass_time(days=1)
    routed_lane.start()
    assert models_asked() == [QUICK]
    assert not Circuit.objects.exists()


def test_a_clients_bounds_hold_for_models_that_nobody_routed(lane: Lane) -> None:
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(model_names=["offline/only"])
    lane.start()
    assert not Call.objects.exists()
    assert "this client or workflow does not use it" in lane.exception().draft["problem"]


def test_a_refused_rewrite_is_the_next_attempt(routed_lane: Lane) -> None:
    routed_lane.start()
    Tenant.objects.filter(pk=routed_lane.client.tenant.pk).update(model_names=[QUICK])
    routed_lane.decide("again", reason="tone", words="Warmer, please.")
    rows = StepRun.objects.filter(name="reply").order_by("id")
    assert list(rows.values_list("attempt", "status")) == [(1, "done"), (2, "failed")]


def test_a_request_is_internal_at_least(routed_lane: Lane) -> None:
    let_hold(sees_all(TABLE), routed_lane.world.admin)
    routed_lane.use(ONLY_DRAFT.replace("      cite: facts\n", ""))
    routed_lane.start(**{"from": "Mia"})
    assert asked(routed_lane).choice["case"]["sensitivity"] == "internal"


def test_a_consequence_is_kept_though_no_row_asks_for_one(routed_lane: Lane) -> None:
    let_hold(table_with(rows=[{"use": [STRONG]}]), routed_lane.world.admin)
    routed_lane.start()
    assert asked(routed_lane).choice["case"]["consequence"] == "heavy"


def test_what_a_child_writes_leads_to_what_its_parent_does(routed_lane: Lane) -> None:
    let_hold(sees_all(TABLE), routed_lane.world.admin)
    routed_lane.use(ONLY_DRAFT.replace("only-drafts", "child"))
    parent = DEFINITION.replace("refund-replies", "parent")
    begin, end = parent.index("  - name: reply"), parent.index("  - name: refund\n")
    handoff = """\
  - name: reply
    needs: [facts]
    handoff:
      workflow: child
      input:
        order_id: input.order_id
        from: input.from
        subject: input.subject
        message: input.message
"""
    refund = parent[end : parent.index("  - name: send")]
    refund = refund.replace('    if: "steps.reply.output.refund.value > 0"\n', "").replace(
        "steps.reply.output.refund", "steps.reply.output.reply.refund"
    )
    routed_lane.use(parent[:begin] + handoff + refund)
    routed_lane.start()
    call = asked(routed_lane)
    assert (call.name, call.choice["case"]["consequence"]) == (STRONG, "heavy")


def test_a_client_bounds_how_long_prompts_are_kept(routed_lane: Lane) -> None:
    kept = [{**one, "keeps_days": 0} for one in sees_all(TABLE)["deployments"]]
    kept[0]["keeps_days"] = 30
    let_hold(table_with(deployments=kept), routed_lane.world.admin)
    tenant = Tenant.objects.filter(pk=routed_lane.client.tenant.pk)
    tenant.update(model_keeps_days=7)
    routed_lane.use(ONLY_DRAFT)
    routed_lane.start()
    call = asked(routed_lane)
    assert call.choice["passed_over"] == [[QUICK, "its provider keeps prompts for 30 days"]]
    assert call.choice["bounds"] == [{"regions": [], "names": [], "keeps_days": 7}]
    assert (call.name, call.status) == (STRONG, "done")
