"""A deployment is chosen by the table, checked against the call, and the choice explained."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, table_with
from workflows.routing.bounds import Bounds
from workflows.routing.choice import Escalation, ModelChoice, choose, choose_stronger
from workflows.routing.levels import Consequence, Difficulty, Need, Sensitivity
from workflows.routing.table import CallCase, ModelDeployment, RoutingTable, read_table

EASY = CallCase(Need.WRITE)
PERSONAL = CallCase(Need.WRITE, sensitivity=Sensitivity.PERSONAL)


def changed(name: str, **changes: Any) -> RoutingTable:
    rows = [{**one, **(changes if one["name"] == name else {})} for one in TABLE["deployments"]]
    return read_table(table_with(deployments=rows))


def test_the_first_deployment_of_the_row_is_asked() -> None:
    found = choose(read_table(TABLE, number=7), EASY)
    assert (found.deployment.name, found.row, found.table.number) == (QUICK, 3, 7)
    assert found.passed_over == ()
    assert found.why == "the quick model, because nothing asks for another"


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (
            CallCase(Need.WRITE, consequence=Consequence.HEAVY),
            "the strong model, because this may move money or do what can't be undone",
        ),
        (
            CallCase(Need.WRITE, difficulty=Difficulty.HARD),
            "the strong model, because this is hard",
        ),
        (
            PERSONAL,
            "the strong model, because nothing asks for another, instead of offline/quick: it may "
            "not see personal data",
        ),
    ],
)
def test_the_reason_is_a_sentence(case: CallCase, why: str) -> None:
    found = choose(read_table(TABLE), case)
    assert (found.deployment.name, found.why) == (STRONG, why)


@pytest.mark.parametrize(
    ("table", "case", "bounds", "why"),
    [
        (changed(QUICK, is_on=False), EASY, [], "switched off"),
        (read_table(TABLE), PERSONAL, [], "may not see personal data"),
        (read_table(TABLE), EASY, [Bounds(names=frozenset({STRONG}))], "does not use it"),
        (read_table(TABLE), EASY, [Bounds(regions=frozenset({"US"}))], "not in US"),
        (
            changed(QUICK, most_in=100),
            CallCase(Need.WRITE, tokens_in=90, most_out=20),
            [],
            "too long",
        ),
    ],
)
def test_a_candidate_that_does_not_fit_is_passed_over_with_its_reason(
    table: RoutingTable, case: CallCase, bounds: list[Bounds], why: str
) -> None:
    found = choose(table, case, bounds=bounds)
    assert found.deployment.name == STRONG
    ((name, said),) = found.passed_over
    assert name == QUICK
    assert why in said


def test_the_next_tier_is_one_that_could_have_been_asked() -> None:
    bounds = [Bounds(names=frozenset({QUICK}))]
    assert choose(read_table(TABLE), EASY, bounds=bounds).next_tier == ""
    weaker = read_table(table_with(rows=[{"use": [STRONG, QUICK]}]))
    assert choose(weaker, EASY, failed=[STRONG]).next_tier == ""


def test_one_that_failed_lately_is_asked_only_where_no_other_may_be() -> None:
    found = choose(read_table(TABLE), EASY, resting=[QUICK])
    assert (found.deployment.name, found.passed_over) == (STRONG, ((QUICK, "it failed lately"),))
    assert choose(read_table(TABLE), EASY, resting=[QUICK, STRONG]).deployment.name == QUICK
    only = CallCase(Need.WRITE, consequence=Consequence.HEAVY)
    assert choose(read_table(TABLE), only, resting=[STRONG]).deployment.name == STRONG


def test_the_next_tier_is_the_cheapest_stronger_one() -> None:
    dearer = {**TABLE["deployments"][1], "name": "offline/dearer", "price_in": "9"}
    unpriced = {"name": "hosted_vllm/own", "title": "ours", "strength": "strong"}
    table = read_table(table_with(deployments=[*TABLE["deployments"], dearer, unpriced]))
    assert choose(table, EASY).next_tier == STRONG
    strong = choose(table, CallCase(Need.WRITE, consequence=Consequence.HEAVY))
    assert strong.next_tier == ""
    assert choose(changed(STRONG, is_on=False), EASY).next_tier == ""


def test_a_choice_is_kept_as_json() -> None:
    found: ModelChoice = choose(read_table(TABLE, number=2), PERSONAL)
    kept = found.as_json()
    assert kept["table"] == 2
    assert kept["passed_over"] == [[QUICK, "it may not see personal data"]]
    assert CallCase.from_json(kept["case"]) == PERSONAL


def test_what_failed_at_the_call_is_not_asked_again() -> None:
    found = choose(read_table(TABLE), EASY, failed=[QUICK])
    assert (found.deployment.name, found.failed) == (STRONG, (QUICK,))
    assert found.passed_over == ((QUICK, "it failed at this"),)
    with pytest.raises(Invalid):
        choose(read_table(TABLE), EASY, failed=[QUICK, STRONG])


# -- What a deployment can do --------------------------------------------------------------

WITH_TOOLS = CallCase(Need.PLAN, has_tools=True)
WITH_SCHEMA = CallCase(Need.WRITE, has_schema=True)


def able(*, strong_holds: bool = True, **quick: bool) -> RoutingTable:
    """The table with a strong model that calls tools, and a quick one that can do ``quick``."""
    first, second = TABLE["deployments"]
    second = {**second, "calls_tools": True, "holds_schema": strong_holds}
    return read_table(table_with(deployments=[{**first, **quick}, second]))


def test_one_that_calls_no_tools_is_never_given_any() -> None:
    table = able(calls_tools=False)
    found = choose(table, WITH_TOOLS)
    assert (found.deployment.name, found.passed_over) == (
        STRONG,
        ((QUICK, "it is not known to call tools"),),
    )
    assert choose(table, WITH_SCHEMA).deployment.name == QUICK
    with pytest.raises(Invalid, match="the quick model: it is not known to call tools"):
        choose(table, WITH_TOOLS, failed=[STRONG])


def test_one_that_holds_no_schema_is_asked_behind_those_that_do() -> None:
    table = able(calls_tools=True, holds_schema=False)
    found = choose(table, WITH_SCHEMA)
    assert (found.deployment.name, found.passed_over) == (
        STRONG,
        ((QUICK, "it can't be held to the answer's schema"),),
    )
    assert choose(table, WITH_TOOLS).deployment.name == QUICK
    # Its answers are checked anyway, so it is asked before one that fails.
    assert choose(table, WITH_SCHEMA, resting=[STRONG]).deployment.name == QUICK
    assert choose(table, WITH_SCHEMA, failed=[STRONG]).deployment.name == QUICK
    neither = able(holds_schema=False, strong_holds=False)
    assert choose(neither, WITH_SCHEMA).deployment.name == QUICK


def test_a_stronger_one_is_one_that_holds_the_schema() -> None:
    table = tiers(**{"a/strong": {"holds_schema": False}, "a/usual": {"holds_schema": False}})
    found = choose_stronger(table, WITH_SCHEMA, "a/quick", Escalation.SCHEMA)
    assert found is not None
    assert found.deployment.name == "a/dear"


def test_a_listed_model_can_do_what_the_list_says() -> None:
    listed = ModelDeployment(name="openai/gpt-4o", title="one")
    assert (listed.can_call_tools, listed.can_hold_schema) == (True, True)
    named = ModelDeployment(name="openai/gpt-4o", title="one", calls_tools=False)
    assert (named.can_call_tools, named.can_hold_schema) == (False, True)
    own = ModelDeployment(name="openai/our-own", title="one")
    assert (own.can_call_tools, own.can_hold_schema) == (None, None)


# -- A stronger one ------------------------------------------------------------------------


def tiers(**changes: dict[str, Any]) -> RoutingTable:
    """A table with two strong deployments, a standard one without a price, and a quick one."""
    made = [
        {"name": "a/quick", "title": "the quick model", "strength": "quick"},
        {"name": "a/usual", "title": "the usual model", "strength": "standard"},
        {"name": "a/dear", "title": "the dear model", "strength": "strong"},
        {"name": "a/strong", "title": "the strong model", "strength": "strong"},
    ]
    prices = {"a/quick": 1, "a/dear": 9, "a/strong": 5}
    for one in made:
        if one["name"] in prices:
            one |= {"price_in": prices[one["name"]], "price_out": 2 * prices[one["name"]]}  # type: ignore[dict-item]
        one |= changes.get(one["name"], {})
    return read_table({"deployments": made, "rows": [{"use": ["a/quick"]}]})


def test_the_cheapest_of_the_stronger_ones_is_asked_and_says_why() -> None:
    found = choose_stronger(tiers(), EASY, "a/quick", Escalation.SCHEMA, failed=["a/quick"])
    assert found is not None
    assert found.deployment.name == "a/strong"  # not the one without a price
    assert found.why == "the strong model, because the quick model's answer did not fit"
    assert found.passed_over == (("a/quick", "its answer did not fit"),)
    assert (found.as_json()["escalated"], found.as_json()["failed"]) == ("schema", ["a/quick"])
    assert found.row == 1


def test_for_support_the_reason_is_another() -> None:
    found = choose_stronger(tiers(), EASY, "a/quick", Escalation.SUPPORT)
    assert found is not None
    assert found.why == (
        "the strong model, because the sources did not support the quick model's answer"
    )


def test_an_unknown_price_is_the_dearest() -> None:
    found = choose_stronger(
        tiers(), EASY, "a/quick", Escalation.SCHEMA, resting=["a/strong"], failed=["a/dear"]
    )
    assert found is not None
    assert found.deployment.name == "a/usual"


@pytest.mark.parametrize(
    ("than", "changes", "more"),
    [
        ("a/strong", {}, {}),
        ("a/gone", {}, {}),
        ("a/usual", {}, {"resting": ["a/strong", "a/dear"]}),
        ("a/usual", {}, {"failed": ["a/strong"], "too_dear": ["a/dear"]}),
        ("a/usual", {"a/strong": {"is_on": False}, "a/dear": {"most_in": 1}}, {}),
        ("a/usual", {}, {"bounds": [Bounds(names=frozenset({"a/usual"}))]}),
    ],
)
def test_where_no_stronger_one_may_be_asked_there_is_none(
    than: str, changes: dict[str, dict[str, Any]], more: dict[str, Any]
) -> None:
    case = CallCase(Need.WRITE, tokens_in=10, most_out=10)
    assert choose_stronger(tiers(**changes), case, than, Escalation.SCHEMA, **more) is None


def test_one_that_may_not_see_the_data_is_not_asked() -> None:
    assert choose_stronger(tiers(), PERSONAL, "a/quick", Escalation.SCHEMA) is None
