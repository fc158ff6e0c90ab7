"""Case X4: the same content has the same hash, or is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import (
    LARGEST,
    canonical,
    dumps,
    parse_json,
    sha256,
    sha256_of_canonical,
)
from tenants.errors import Invalid

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-LARGEST, LARGEST), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def same_names(value: Any) -> bool:
    """Whether two names of one object become the same in NFC, which is refused."""
    try:
        canonical(value)
    except Invalid:
        return True
    return False


@given(values)
def test_what_is_written_reads_back_as_the_same(value: Any) -> None:
    if same_names(value):
        return
    text = dumps(value)
    assert parse_json(text) == canonical(value)
    assert dumps(parse_json(text)) == text
    assert sha256(parse_json(text)) == sha256(value)


@given(st.dictionaries(texts, values, min_size=2, max_size=5))
def test_the_order_of_names_does_not_matter(value: dict[str, Any]) -> None:
    if same_names(value):
        return
    assert sha256(dict(reversed(value.items()))) == sha256(value)


@given(values, values)
def test_only_equal_values_share_a_hash(one: Any, other: Any) -> None:
    if same_names(one) or same_names(other):
        return
    same = json.dumps(canonical(one), sort_keys=True) == json.dumps(
        canonical(other), sort_keys=True
    )
    assert (sha256(one) == sha256(other)) is same


@given(values)
def test_a_value_that_is_canonical_already_has_the_same_hash(value: Any) -> None:
    if not same_names(value):
        assert sha256_of_canonical(canonical(value)) == sha256(value)


def test_the_spelling_is_fixed_for_good() -> None:
    value = {"b": [1, True, None, "é\n"], "a": {"z": "", "y": -3}}
    assert dumps(value) == '{"a":{"y":-3,"z":""},"b":[1,true,null,"é\\n"]}'
    assert sha256({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_names_are_sorted_by_utf_16_as_rfc_8785_says() -> None:
    # The example of section 3.2.3: by code points the smiley would stand last.
    value = {"\u20ac": 1, "\r": 2, "\ufb01": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(dumps(value))) == [
        "\r",
        "1",
        "\x80",
        "\u00f6",
        "\u20ac",
        "\U0001f600",
        "\ufb01",
    ]


def test_unicode_forms_are_the_same_text() -> None:
    assert sha256({"caf\u00e9": "Zo\u00eb"}) == sha256({"cafe\u0301": "Zoe\u0308"})


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        float("inf"),
        {"a": [0.5]},
        LARGEST + 1,
        -LARGEST - 1,
        10**40,
        {1: "a"},
        {None: "a"},
        {"\u00e9": 1, "e\u0301": 2},
        b"bytes",
        {"set"},
        "\ud800",
        {"\udc00": 1},
        "a\x00b",
        {"a\x00": 1},
    ],
    ids=ascii,
)
def test_what_has_no_single_spelling_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        dumps(value)
    assert refused.value.code == "not_canonical"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": 1, "a": 1}', "not_canonical"),
        ('{"a": {"b": 1, "b": 2}}', "not_canonical"),
        ('{"\\u00e9": 1, "e\\u0301": 2}', "not_canonical"),
        ('{"a": 1.0}', "not_canonical"),
        ('{"a": 1e3}', "not_canonical"),
        ("[NaN]", "not_canonical"),
        ("[Infinity]", "not_canonical"),
        ('["\\ud800"]', "not_canonical"),
        ('["\\u0000"]', "not_canonical"),
        ("9007199254740992", "not_canonical"),
        ("9" * 5000, "not_json"),
        ("[" * 100_000, "not_json"),
        ('{"a": ', "not_json"),
        ("", "not_json"),
        (b"\xff\xfe", "not_json"),
        ("{'a': 1}", "not_json"),
    ],
    ids=range(16),
)
def test_a_text_that_could_be_read_in_two_ways_is_refused(text: str | bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_json(text)
    assert refused.value.code == code
