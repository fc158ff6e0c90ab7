"""Form of a deployment: its rows with room, and the errors of the table's own model."""

from typing import Any

import pytest

from portal.routing.deployment_forms import DeploymentForm
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, table_with
from workflows.routing.table import RoutingTable, read_table

GIVEN = {"name": "a/b", "title": "one", "strength": "quick", "sees": "internal", "after": 0}


def table(**changes: Any) -> RoutingTable:
    return read_table(table_with(**changes), number=7)


def test_rows_with_room_that_do_not_ask_it_are_offered() -> None:
    more = [{"name": f"a/{n}", "title": "one"} for n in range(4)]
    full = [QUICK, STRONG, *(one["name"] for one in more)]
    rows = [{"need": "extract", "use": full}, {"difficulty": "hard", "use": [STRONG]}]
    changed = table(
        deployments=[*TABLE["deployments"], *more], rows=[*rows, {"use": [QUICK, STRONG]}]
    )
    choices = DeploymentForm(table=changed).fields["rows"].choices  # type: ignore[attr-defined]
    assert choices == [("2", "2. A call that is hard"), ("3", "3. Every other call")]
    found = DeploymentForm.of(changed, QUICK)
    assert [key for key, _ in found.fields["rows"].choices] == ["2"]  # type: ignore[attr-defined]
    assert "name" not in found.fields
    assert found.initial["after"] == 7
    assert "rows" not in DeploymentForm.of(changed, STRONG).fields
    assert "rows" not in DeploymentForm(table=None).fields


def test_what_is_left_empty_is_what_is_usual() -> None:
    form = DeploymentForm({**GIVEN, "is_on": "on"}, table=None)
    assert form.is_valid(), form.errors
    assert form.deployment.model_dump(exclude_defaults=True, mode="json") == {
        "name": "a/b",
        "title": "one",
        "strength": "quick",
        "sees": "internal",
    }
    assert form.rows_chosen() == []


def test_what_is_left_empty_is_taken_away_from_a_changed_one() -> None:
    form = DeploymentForm.of(table(), QUICK, {**GIVEN, "after": 7})
    assert form.is_valid(), form.errors
    assert form.deployment.name == QUICK
    assert (form.deployment.price_in, form.deployment.region) == (None, "")
    assert not form.deployment.is_on


def test_what_it_can_do_is_as_the_list_says_unless_it_is_set() -> None:
    form = DeploymentForm.of(table(), QUICK, {**GIVEN, "after": 7, "calls_tools": "no"})
    assert form.is_valid(), form.errors
    assert (form.deployment.calls_tools, form.deployment.holds_schema) == (False, None)
    deployments = [TABLE["deployments"][0] | {"holds_schema": True, "calls_tools": False}]
    changed = table(deployments=deployments, rows=[{"use": [QUICK]}])
    initial = DeploymentForm.of(changed, QUICK).initial
    assert (initial["calls_tools"], initial["holds_schema"]) == ("no", "yes")
    odd = DeploymentForm.of(table(), QUICK, {**GIVEN, "after": 7, "calls_tools": "maybe"})
    assert list(odd.errors) == ["calls_tools"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": "a\u200bb"}, "title"),
        ({"region": "\u2066EU"}, "region"),
        ({"price_in": "1"}, "price_out"),
        ({"price_out": "1"}, "price_in"),
        ({"name": QUICK}, "name"),
    ],
)
def test_an_error_stands_at_its_field(given: dict[str, str], field: str) -> None:
    form = DeploymentForm({**GIVEN, **given}, table=table())
    assert list(form.errors) == [field]
