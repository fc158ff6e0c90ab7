"""A routing table: what it may not be, and which row a call fits."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, table_with
from workflows.routing.levels import Consequence, Difficulty, Need, Sensitivity
from workflows.routing.table import CallCase, read_table

ROW = {"use": [QUICK]}
QUICK_ONE: dict[str, Any] = TABLE["deployments"][0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "deployments: Field required"),
        ([], "the table: "),
        (None, "the table: "),
        (table_with(rows=[]), "rows: "),
        (table_with(rows=[{"use": []}]), "rows 1 use: "),
        (table_with(rows=[{"use": ["offline/none"]}]), "row 1: there is no deployment called"),
        (table_with(rows=[{"use": [QUICK, QUICK]}]), "row 1: names a deployment twice"),
        (table_with(rows=[ROW, ROW]), "row 1: fits every call, so no row after it"),
        (table_with(rows=[{"need": "write", **ROW}]), "The last row must fit every call"),
        (table_with(rows=[{"need": "sing", **ROW}]), "rows 1 need: "),
        (table_with(rows=[{"model": QUICK, **ROW}]), "rows 1 model: "),
        (table_with(deployments=[QUICK_ONE, QUICK_ONE], rows=[ROW]), f"{QUICK} is there twice"),
        (
            table_with(deployments=[{**QUICK_ONE, "price_out": None}], rows=[ROW]),
            f"{QUICK}: give both prices, or neither",
        ),
        (table_with(deployments=[{**QUICK_ONE, "price_in": "-1"}], rows=[ROW]), "price_in: "),
        (table_with(deployments=[{**QUICK_ONE, "price_in": "NaN"}], rows=[ROW]), "price_in: "),
        (table_with(deployments=[{**QUICK_ONE, "name": "a b"}], rows=[ROW]), "name: "),
        (table_with(deployments=[{**QUICK_ONE, "name": "///"}], rows=[ROW]), "name: "),
        (table_with(deployments=[{**QUICK_ONE, "title": "  "}], rows=[ROW]), "title: "),
        (table_with(deployments=[{**QUICK_ONE, "title": "a\u202eb"}], rows=[ROW]), "can't be seen"),
        (table_with(deployments=[{**QUICK_ONE, "region": "a\nb"}], rows=[ROW]), "can't be seen"),
        (table_with(deployments=[{**QUICK_ONE, "keeps_days": True}], rows=[ROW]), "keeps_days: "),
        (table_with(deployments=[{**QUICK_ONE, "price_in": "1e-7"}], rows=[ROW]), "price_in: "),
        (table_with(limits={"tokens": True}), "limits tokens: "),
        (table_with(limits={"tokens": -1}), "limits tokens: "),
    ],
)
def test_a_table_that_can_not_hold_says_where_and_why(value: Any, said: str) -> None:
    with pytest.raises(Invalid, match=None) as raised:
        read_table(value)
    assert said in raised.value.message


def test_every_problem_is_said_together() -> None:
    rows = [{"use": ["offline/none"]}, {"need": "write", "use": [STRONG]}]
    with pytest.raises(Invalid) as raised:
        read_table(table_with(rows=rows))
    assert len(raised.value.message.splitlines()) == 3


@pytest.mark.parametrize(
    ("case", "row"),
    [
        (CallCase(Need.WRITE), 3),
        (CallCase(Need.WRITE, difficulty=Difficulty.USUAL), 3),
        (CallCase(Need.WRITE, difficulty=Difficulty.HARD), 2),
        (CallCase(Need.WRITE, difficulty=Difficulty.HARD, consequence=Consequence.HEAVY), 1),
        (CallCase(Need.CLASSIFY, consequence=Consequence.GOES_OUT), 3),
    ],
)
def test_the_first_row_that_fits_decides(case: CallCase, row: int) -> None:
    assert read_table(TABLE).row_for(case)[0] == row


def test_a_row_fits_its_levels_and_those_above() -> None:
    rows = [{"sensitivity": "internal", "need": "extract", "use": [STRONG]}, ROW]
    table = read_table(table_with(rows=rows))
    for sensitivity, row in zip(Sensitivity, (2, 1, 1), strict=True):
        assert table.row_for(CallCase(Need.EXTRACT, sensitivity=sensitivity))[0] == row
        assert table.row_for(CallCase(Need.WRITE, sensitivity=sensitivity))[0] == 2


def test_a_case_is_kept_in_the_journal_and_read_again() -> None:
    case = CallCase(Need.JUDGE, Difficulty.HARD, Consequence.HEAVY, Sensitivity.PERSONAL, 120, 1200)
    assert CallCase.from_json(case.as_json()) == case


def test_a_deployment_has_its_own_price_before_the_listed_one() -> None:
    own = read_table(TABLE).deployments[STRONG].price
    assert own is not None
    assert own.ceiling_micros(1_000_000, 1_000_000) == 18_000_000
    listed = {"name": "openai/gpt-4o", "title": "listed"}
    table = read_table(table_with(deployments=[listed], rows=[{"use": ["openai/gpt-4o"]}]))
    found = table.deployments["openai/gpt-4o"]
    assert found.price is not None
    assert found.longest_prompt == 128_000
    unknown = {"name": "hosted_vllm/own", "title": "ours"}
    table = read_table(table_with(deployments=[unknown], rows=[{"use": ["hosted_vllm/own"]}]))
    assert table.deployments["hosted_vllm/own"].price is None
