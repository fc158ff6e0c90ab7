"""Arguments of a statement's tool: their schema, from what a person says of each."""

import pytest

from approvals.rules import schema_validation
from tenants.errors import Invalid
from workflows.sql.arguments import SCHEMAS, argument_schema

STATEMENT = (
    "UPDATE orders SET total = %(amount.value)s, paid = %(paid)s, due = %(due)s "
    "WHERE number = %(order)s AND note = %(idempotency_key)s"
)


def test_what_is_not_said_is_a_text_and_parts_make_an_amount() -> None:
    found = argument_schema(STATEMENT, "")
    assert found["properties"] == {
        "amount": SCHEMAS["amount"],
        "paid": SCHEMAS["text"],
        "due": SCHEMAS["text"],
        "order": SCHEMAS["text"],
    }
    assert found["required"] == ["amount", "paid", "due", "order"]
    schema_validation.check(found)


def test_a_line_says_what_an_argument_is_and_whether_it_may_be_left_out() -> None:
    said = " paid : Yes or no, optional\n\ndue: date\norder: optional\n"
    found = argument_schema(STATEMENT, said)
    assert found["properties"]["paid"] == {"type": "boolean"}
    assert found["properties"]["due"] == {"type": "string", "format": "date"}
    assert found["properties"]["order"] == SCHEMAS["text"]
    assert found["required"] == ["amount", "due"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("number: text", "no parameter number"),
        ("idempotency_key: text", "no parameter idempotency_key"),
        ("paid: maybe", "which it is: text, whole number, date, yes or no"),
        ("paid: amount", "is read as %(paid.value)s"),
        ("amount: whole number", "reads parts of amount"),
        ("paid", "which it is"),
    ],
)
def test_a_line_that_can_not_be_is_refused(said: str, problem: str) -> None:
    with pytest.raises(Invalid) as caught:
        argument_schema(STATEMENT, said)
    assert problem in str(caught.value)
