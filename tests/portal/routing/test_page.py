"""The page of the routing table says in words when a row fits, and what each model costs."""

import pytest

from portal.routing.page import routing_page, when
from tests.workflows.routing.routing_kit import TABLE, let_hold, table_with
from tests.world import make_world
from workflows.routing.table import RoutingRow

USE = {"use": ["x/y"]}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "Every other call"),
        ({"need": "extract"}, "A call that picks facts out"),
        ({"difficulty": "easy"}, "Every other call"),
        (
            {"need": "write", "difficulty": "hard", "consequence": "goes_out"},
            "A call that writes, is hard and may send something out",
        ),
        ({"sensitivity": "personal"}, "A call that is sent personal data"),
    ],
)
def test_a_row_says_when_it_fits(row: dict[str, str], said: str) -> None:
    assert when(RoutingRow.model_validate({**row, **USE})) == said


@pytest.mark.django_db
def test_a_price_that_is_not_known_is_not_shown_and_none_is_shown_as_nothing() -> None:
    own = {"name": "hosted_vllm/own", "title": "ours"}
    low = {**own, "name": "hosted_vllm/low", "price_in": 0.004, "price_out": 0}
    let_hold(table_with(deployments=[*TABLE["deployments"], own, low]), make_world().admin)
    found = routing_page()
    assert [(line.price_in, line.price_out) for line in found.deployments] == [
        ("$0.40", "$1.60"),
        ("$3.00", "$15.00"),
        ("", ""),
        ("$0.004", "$0.00"),
    ]
    assert [line.use for line in found.rows] == [
        ["the strong model"],
        ["the strong model", "the quick model"],
        ["the quick model", "the strong model"],
    ]
