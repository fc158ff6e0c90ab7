"""The offline drafter: what it fills in, what it cites, and what it says it could not find."""

import json
from typing import Any

import pytest

from workflows.gateway.offline import draft

ORDER = {
    "customer": "Mia Chen",
    "total_cents": 4820,
    "euros": " 1250 ",
    "weight": "48.5",
    "note": "",
    "address": {"city": "Bergen"},
    "paid": True,
}
POLICY = (
    "Damaged lamps are refunded in full. We open at nine every morning. "
    "Lamps arrive in a box of cardboard."
)
REQUEST = {"message": "My lamp arrived damaged", "subject": "Broken lamp"}
NO_ORDER = "We could not find your customer in our records."


def messages(template: str = "", **properties: Any) -> list[dict[str, str]]:
    schema = {"properties": {"text": {}, **properties} if template else properties}
    sources = [
        f'<source n="1" name="orders" kind="record">{json.dumps(ORDER)}</source>',
        f'<source n="2" name="returns-policy" kind="passage">{POLICY}</source>',
    ]
    system = f"<schema>{json.dumps(schema)}</schema>\n\n<template>\n{template}\n</template>"
    user = "\n\n".join([f"<request>{json.dumps(REQUEST)}</request>", *sources])
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def text(template: str) -> str:
    found: str = json.loads(draft(messages(template)))["text"]
    return found


def value(**prop: Any) -> Any:
    return json.loads(draft(messages(found=prop)))["found"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Hello.", "Hello."),
        ("Hi [[orders.customer]],", "Hi Mia Chen, [1]"),
        ("You are [[orders.customer]].", "You are Mia Chen [1]."),
        ("It went to [[orders.address.city]]!", "It went to Bergen [1]!"),
        ("It was [[money orders.total_cents]].", "It was $48.20 [1]."),
        ("It was [[money orders.euros EUR]].", "It was €12.50 [1]."),
        ("About: [[request.subject]].", "About: Broken lamp."),
    ],
)
def test_a_field_is_filled_in_and_its_record_cited(template: str, said: str) -> None:
    assert text(template) == said


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Hi [[customers.name]].", NO_ORDER),
        ("By [[orders.phone_number]].", "We could not find the phone number of your order in our "
         "records."),
        ("By [[orders.note]].", "We could not find the note of your order in our records."),
        ("Of [[money orders.weight]].", "We could not find the weight of your order in our "
         "records."),
        ("Of [[money orders.paid]].", "We could not find the paid of your order in our records."),
        ("[[customers.name]] by [[orders.note]]", "We could not find your customer and the note "
         "of your order in our records."),
        ("[[best 0]]", "We could not find an answer in our records."),
        ("[[best many]]", "We could not find an answer in our records."),
    ],
)  # fmt: skip
def test_a_line_that_can_not_be_filled_in_says_what_is_missing(template: str, said: str) -> None:
    assert text(template) == said


def test_what_is_missing_is_said_once() -> None:
    assert text("[[customers.name]]\nHello.\n[[customers.name]]") == f"{NO_ORDER}\nHello."


def test_the_sentences_that_share_most_words_with_the_request_come_first_each_cited() -> None:
    assert text("[[best]]") == "Damaged lamps are refunded in full [2]."
    assert text("[[best 2]]") == (
        "Damaged lamps are refunded in full [2]. Lamps arrive in a box of cardboard [2]."
    )


def test_a_sentence_that_shares_no_word_is_not_quoted_however_many_are_asked_for() -> None:
    assert text("[[best 9]]") == text("[[best 2]]")


def test_a_sentence_is_quoted_once() -> None:
    assert text("[[best 1]]\n[[best 1]]\n[[best 1]]").split("\n") == [
        "Damaged lamps are refunded in full [2].",
        "Lamps arrive in a box of cardboard [2].",
        "We could not find an answer in our records.",
    ]


@pytest.mark.parametrize(
    ("prop", "found"),
    [
        ({"x-from": "orders.customer"}, "Mia Chen"),
        ({"x-from": "orders.euros", "type": "integer"}, 1250),
        ({"x-from": "orders.weight", "type": "integer", "default": 7}, 7),
        ({"x-from": "orders.paid", "type": "integer", "default": 7}, 7),
        ({"x-from": "orders.nothing", "default": "none"}, "none"),
        ({"x-from": "customers.name"}, None),
        ({"default": "none"}, "none"),
        ({}, None),
    ],
)
def test_a_property_comes_from_its_record_or_is_the_default(
    prop: dict[str, Any], found: object
) -> None:
    assert value(**prop) == found


def test_an_amount_gets_the_currency_of_its_schema() -> None:
    shape = {"properties": {"value": {}, "currency": {"const": "USD"}}}
    assert value(**{"x-from": "orders.total_cents"}, **shape) == {"value": 4820, "currency": "USD"}
    assert value(**{"x-from": "orders.weight"}, **shape) is None


def test_the_option_that_shares_most_words_with_the_request_is_chosen_the_first_on_a_tie() -> None:
    options = {"billing": "invoice and payment", "damage": "damaged or broken on arrival"}
    assert value(**{"x-choose": options}) == "damage"
    assert value(**{"x-choose": {"one": "prices", "two": "hours"}}) == "one"


def test_feedback_on_an_earlier_attempt_changes_nothing() -> None:
    first = messages("Hi [[orders.customer]].")
    again = [*first, {"role": "user", "content": "<template>Other</template>"}]
    assert draft(again) == draft(first)


def test_a_prompt_without_a_schema_is_answered_in_plain_text() -> None:
    source = f'<source n="1" name="returns-policy" kind="passage">{POLICY}</source>'
    user = {"role": "user", "content": f"<request>{json.dumps(REQUEST)}</request>{source}"}
    results = [{"role": "assistant", "content": None}, {"role": "tool", "content": "[]"}]
    system = {"role": "system", "content": "Use the tools."}
    found = draft([system, user, *results])
    assert found.startswith("Damaged lamps are refunded in full [1].")
    assert draft([user, *results]) == found
    assert draft([{"role": "user", "content": "Hi"}]) == (
        "We could not find an answer in our records."
    )
