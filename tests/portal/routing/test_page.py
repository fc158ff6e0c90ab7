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
            "A call that writes, is hard and leads to something that goes out",
        ),
        ({"sensitivity": "personal"}, "A call that is sent personal data"),
    ],
)
def test_a_row_says_when_it_fits(row: dict[str, str], said: str) -> None:
    assert when(RoutingRow.model_validate({**row, **USE})) == said


@pytest.mark.django_db
def test_a_price_that_is_not_known_is_none_and_never_0() -> None:
    own = {"name": "hosted_vllm/own", "title": "ours"}
    let_hold(table_with(deployments=[*TABLE["deployments"], own]), make_world().admin)
    found = routing_page()
    assert [(line.price_in, line.price_out) for line in found.deployments] == [
        (0.4, 1.6),
        (3, 15),
        (None, None),
    ]
    assert [line.use for line in found.rows] == [
        ["the strong model"],
        ["the strong model", "the quick model"],
        ["the quick model", "the strong model"],
    ]
