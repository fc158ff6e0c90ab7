"""A deployment is chosen by the table, checked against the call, and the choice explained."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, table_with
from workflows.routing.choice import Bounds, Escalation, ModelChoice, choose, choose_stronger
from workflows.routing.levels import Consequence, Difficulty, Need, Sensitivity
from workflows.routing.table import CallCase, RoutingTable, read_table

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


def test_bounds_of_client_and_workflow_hold_together() -> None:
    both = [Bounds(names=frozenset({QUICK})), Bounds(regions=frozenset({"US"}))]
    with pytest.raises(Invalid) as raised:
        choose(read_table(TABLE), EASY, bounds=both)
    assert "the quick model: it is not in US." in raised.value.message
    assert "the strong model: this client or workflow does not use it." in raised.value.message
    apart = [Bounds(regions=frozenset({"EU"})), Bounds(regions=frozenset({"US"}))]
    with pytest.raises(Invalid, match="no region at all"):
        choose(read_table(TABLE), EASY, bounds=apart)


@pytest.mark.parametrize(
    ("keeps", "most", "why"),
    [
        (30, 7, "its provider keeps prompts for 30 days"),
        (None, 7, "its provider keeps prompts nobody knows how long"),
        (1, 0, "its provider keeps prompts for 1 day"),
    ],
)
def test_how_long_prompts_are_kept_is_bounded(keeps: int | None, most: int, why: str) -> None:
    deployments = [
        {**TABLE["deployments"][0], "keeps_days": keeps},
        {**TABLE["deployments"][1], "keeps_days": 0},
    ]
    table = read_table(table_with(deployments=deployments))
    found = choose(table, EASY, bounds=[Bounds(keeps_days=most), Bounds(keeps_days=90)])
    assert (found.deployment.name, found.passed_over) == (STRONG, ((QUICK, why),))


def test_regions_are_compared_whatever_their_case() -> None:
    bounds = [Bounds(regions=frozenset({"eu"}))]
    assert choose(read_table(TABLE), EASY, bounds=bounds).deployment.name == QUICK


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
