"""Bounds of clients and workflows keep models from being asked."""

import pytest

from tenants.errors import Invalid
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, table_with
from workflows.routing.bounds import Bounds
from workflows.routing.choice import choose
from workflows.routing.levels import Need
from workflows.routing.table import CallCase, read_table

EASY = CallCase(Need.WRITE)


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


def test_bounds_are_kept_as_json() -> None:
    bounds = Bounds(frozenset({"EU"}), frozenset({QUICK}), 7)
    assert Bounds.from_json(bounds.as_json()) == bounds
    assert (bool(bounds), bool(Bounds()), bool(Bounds(keeps_days=0))) == (True, False, True)
