"""Packed JSON: it comes back as it was, is small, and what was packed before is still read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.db.packed_json import PackedJSONField, pack, unpack

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Lone surrogates are no text; Postgres refuses them too.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcxyz"), inner),
)
DRAFT = {
    "text": "Hi Mia Chen,\n\nI'm sorry about that.",
    "spans": [{"end": 97, "start": 36, "sources": [2], "supported": True}],
    "refund": {"value": 4820, "currency": "USD"},
}
# Packed on 22 November 2026. Rows like it are in databases.
PACKED = (
    "78bb36ab257e83652a258f4c05dfcc4405e78cd43c1d507af154cf5528ce2f2aaa54484c0246113022124bf4"
    "3043d6d21c1eb6c666c8a16b84257463416e4f03876e352ccf9a58181920e75248e6ac0500ea9131dd"
)


@given(VALUES)
def test_what_is_packed_comes_back(value: object) -> None:
    field = PackedJSONField()
    assert unpack(pack(value)) == value
    assert field.read(field.spell(value)) == value
    assert field.from_db_value(field.get_prep_value(value), None, None) == value


@given(VALUES)
def test_packed_is_never_longer_than_plain(value: object) -> None:
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(pack(value)) <= len(plain)


def test_what_was_packed_once_is_read_for_ever() -> None:
    assert unpack(bytes.fromhex(PACKED)) == DRAFT
    assert len(pack(DRAFT)) < len(json.dumps(DRAFT)) * 0.6


def test_plain_json_from_before_is_read() -> None:
    assert unpack(json.dumps(DRAFT).encode()) == DRAFT


def test_order_of_keys_is_kept() -> None:
    assert list(unpack(pack({"b": 1, "a": 2}))) == ["b", "a"]


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        pack({"amount": float("inf")})
