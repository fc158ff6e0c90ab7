"""Keys of records: what they are, and how they are told apart."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.sources.keys import by_key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("HP-1", "HP-1"),
        (" HP-1\u00a0", "HP-1"),
        ("Bu\u0308hne", "Bühne"),
        (10412, "10412"),
        (0, "0"),
    ],
)
def test_a_key_is_kept_without_blanks_and_in_one_form(value: Any, key: str) -> None:
    assert by_key([{"id": value}], "id") == {key: {"id": value}}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"id": None}], "neither a text nor a whole number"),
        ([{"id": True}], "neither a text nor a whole number"),
        ([{"id": 48.2}], "neither a text nor a whole number"),
        ([{"id": ["x"]}], "neither a text nor a whole number"),
        ([{"id": " \u200b"}], "Record 1 has no id."),
        ([{"kunde": "a", "summe": 1}], "Record 1 has no id. Its columns are kunde, summe."),
        ([{}], "It has no columns."),
        ([{"id": "1"}, {"id": " 1 "}], "Record 2 has “1” a second time"),
        ([{"id": "1"}, {"id": 1}], "Record 2 has “1” a second time"),
        ([{"ID": "1", "Id": "2"}], "has no id. Its columns are ID, Id."),
        ([{"id": "x" * 201}], "longer than 200"),
    ],
)
def test_what_is_no_key_is_refused_in_words(records: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        by_key(records, "id")
    assert said in refused.value.message
    assert refused.value.code == "bad_key"


def test_the_column_is_found_but_for_case_and_blanks() -> None:
    assert list(by_key([{" Order_ID ": "1", "n": "2"}], "order_id")) == ["1"]
