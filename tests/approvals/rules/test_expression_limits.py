"""An expression's cost is known from its text and its values, before anything of it runs."""

from typing import Any

import pytest

from approvals.rules.expression_limits import (
    CODE,
    Shape,
    Size,
    check_result,
    check_work,
    measure,
    shape_of,
    shortened_text,
)
from tenants.errors import Invalid

PLAIN = {"macros": 0, "depth": 0, "builds": False, "carries": False, "matches": False}


def shape(**more: Any) -> Shape:
    return Shape(**{**PLAIN, "plusses": 0, "listed": 1, **more})


def refusal(source: str, names: dict[str, Any] | None = None) -> str:
    with pytest.raises(Invalid) as refused:
        shape_of(source) if names is None else check_work(source, names)
    assert refused.value.code == CODE
    return refused.value.message


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("args.a", shape()),
        ("a + b + 1", shape(plusses=2)),
        ("[a, b, c]", shape(listed=3)),
        ("l.map(x, x.a)", shape(macros=1, depth=1, builds=True, listed=2)),
        ("l.filter(x, true)", shape(macros=1, depth=1, builds=True, listed=2)),
        ("l.exists(x, x in x.y)", shape(macros=1, depth=1, listed=2)),
        ("l.exists(x, x == null)", shape(macros=1, depth=1, listed=2)),
        ("l.exists(x, false)", shape(macros=1, depth=1, listed=2)),
        ("l.exists(x, x == args.n)", shape(macros=1, depth=1, carries=True, listed=2)),
        ("l.all(x, size(x) > 1)", shape(macros=1, depth=1, listed=2)),
        ("l.all(x, x.matches('a'))", shape(macros=1, depth=1, matches=True, listed=2)),
        ("a.matches('x')", shape(matches=True)),
        # One after the other is two deep nowhere.
        ("l.map(x, x).map(y, y)", shape(macros=2, depth=1, builds=True, listed=3)),
        ("l.map(x, x.map(y, y))", shape(macros=2, depth=2, builds=True, listed=3)),
        # An inner macro may read the item of the outer one.
        ("l.all(x, x.all(y, x == y))", shape(macros=2, depth=2, listed=3)),
        ("(l.map(x, x))", shape(macros=1, depth=1, builds=True, listed=2)),
        # Without an object before it, it is a function of that name.
        ("map(x, y)", shape(listed=2)),
        # What stands in a text or a comment is no macro.
        ("'l.map(x, y)'", shape(listed=2)),
        ('r"l.map(x, y)"', shape(listed=2)),
        ("'''l.map(x, y)''' // l.map(x, y)", shape(listed=3)),
        ("'a\\'.map(x, y)'", shape(listed=2)),
        ("", shape()),
        ("a))", shape()),
        # A bracket that was closed is no longer around what follows.
        ("l.all(x, x) && y", shape(macros=1, depth=1, listed=2)),
        ("l.all(x, [x][0] == y)", shape(macros=1, depth=1, carries=True, listed=2)),
    ],
)
def test_the_shape_of_an_expression_is_read_from_its_words(source: str, wanted: Shape) -> None:
    assert shape_of(source) == wanted


@pytest.mark.parametrize(
    ("fits", "too_much", "said"),
    [
        ("'" + "a" * 3998 + "'", "'" + "a" * 3999 + "'", "is longer than 4,000 characters"),
        ("()" * 100, "()" * 101, "has more than 100 brackets"),
        ("[]" * 100, "{}" * 101, "has more than 100 brackets"),
        ("1" + "+1" * 300, "1" + "+1" * 301, "has more than 300 operators"),
        ("1" + " in a" * 300, "1" + " in a" * 301, "has more than 300 operators"),
        ("(" * 20 + ")" * 20, "(" * 21 + ")" * 21, "has more than 20 brackets in each other"),
        (
            "a.map(b, b.map(c, c.map(d, d)))",
            "a.map(b, b.map(c, c.map(d, d.map(e, e))))",
            "goes through more than 3 lists in each other",
        ),
    ],
    ids=range(7),
)
def test_a_limit_is_kept_to_its_last_and_not_beyond(fits: str, too_much: str, said: str) -> None:
    shape_of(fits)
    assert said in refusal(too_much)


def test_a_value_nested_too_deep_is_not_read() -> None:
    def nested(levels: int) -> Any:
        value: Any = 1
        for _ in range(levels):
            value = [value]
        return value

    check_work("a", {"a": nested(119)})
    assert "nested too deep" in refusal("a", {"a": nested(120)})


def test_three_copies_of_a_text_are_never_measured() -> None:
    check_work("s + s + s + s", {"s": "x" * 60_000_000})
    assert "copies too much text" in refusal("s + s + s + s + s", {"s": "x" * 12_500_000})


@pytest.mark.parametrize("source", ["s" + "+s" * 50, "[" + ",".join(["s"] * 50) + "]"])
def test_copies_hold_fifty_million_characters_together_at_most(source: str) -> None:
    """50 copies of a million characters: the text, its name, and 40 for each of two values."""
    check_work(source, {"s": "x" * 999_919})
    assert "copies too much text" in refusal(source, {"s": "x" * 999_920})


def test_a_sum_copies_what_was_added_before_it() -> None:
    """250 sums of up to 251 texts of 47,808 characters, 501 of them the expression's."""
    source = "s" + "+s" * 250
    check_work(source, {"s": "x" * 47_226})
    assert "goes through too much" in refusal(source, {"s": "x" * 47_227})


def test_a_list_that_is_built_is_copied_for_each_item() -> None:
    """54 characters (an item of 43, the expression's 11) times the square of the items."""
    check_work("l.map(x, x)", {"l": ["abc"] * 7453})
    assert "goes through too much" in refusal("l.map(x, x)", {"l": ["abc"] * 7454})


def test_a_list_that_is_only_looked_through_counts_once() -> None:
    check_work("l.exists(x, x == 'a')", {"l": ["abc"] * 100_000})


def test_what_a_macro_carries_along_counts_for_each_item() -> None:
    """Three million characters for each of 1,000 items: 40,141 beside those of the text."""
    source = "l.exists(x, x == s)"
    check_work(source, {"l": [1] * 1000, "s": "x" * 2_959_859})
    too_much = {"l": [1] * 1000, "s": "x" * 2_959_860}
    assert "goes through too much" in refusal(source, too_much)
    check_work("l.exists(x, x == 1)", too_much)


def test_a_pattern_is_compiled_for_each_item() -> None:
    source = "l.exists(x, x.matches('a'))"
    check_work(source, {"l": ["abc"] * 299})
    assert "goes through too much" in refusal(source, {"l": ["abc"] * 300})


def test_a_pattern_outside_a_macro_is_compiled_once() -> None:
    check_work("s.matches('a')", {"s": "x" * 1_000_000})


def test_each_sum_in_a_chain_of_macros_may_double_its_text() -> None:
    check_work("['aaaaaaaa']" + ".map(a, a + a)" * 6, {})
    assert "goes through too much" in refusal("['aaaaaaaa']" + ".map(a, a + a)" * 7, {})


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("abc", Size(43, 0, 0)),
        (b"abc", Size(43, 0, 0)),
        (5, Size(40, 0, 0)),
        (None, Size(40, 0, 0)),
        ([], Size(40, 0, 0)),
        (["a", "bcd"], Size(124, 2, 43)),
        (("a",), Size(81, 1, 41)),
        ({}, Size(40, 0, 0)),
        ({"ab": "c"}, Size(83, 1, 0)),
        ({1: "c"}, Size(81, 1, 0)),
        # The inner list: 40 and 43 for its items, 40 for itself.
        ({"ab": "c", "d": [1, "xyz"]}, Size(207, 2, 43)),
        ([["abc"], [1, 2, 3]], Size(40 + 83 + 160, 3, 160)),
    ],
)
def test_a_value_is_measured_in_characters_with_forty_for_each_value(
    value: Any, size: Size
) -> None:
    assert measure(value) == size


def test_a_result_has_a_million_characters_at_most() -> None:
    check_result("s", "x" * 999_960)
    with pytest.raises(Invalid) as refused:
        check_result("s", "x" * 999_961)
    assert (refused.value.code, refused.value.message) == (CODE, "“s” gives more than 1 MB.")


@pytest.mark.parametrize(
    "value",
    ["a\x00", "\ud800", ["\udfff"], ["a", {"b": "\x00"}], {"\x00": 1}, {"a": ["\ud800"]}],
    ids=ascii,
)
def test_a_result_that_can_not_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        check_result("s", value)
    assert refused.value.code == "expression"
    assert refused.value.message == "“s” gives a character that can't be kept."


@pytest.mark.parametrize(
    "value", [None, True, 5, 1.5, b"\x00", "\ud7ff\ue000", ["\x01"], {"a": [1, None]}], ids=ascii
)
def test_any_other_result_is_taken(value: Any) -> None:
    check_result("s", value)


def test_a_message_repeats_two_hundred_characters_of_an_expression() -> None:
    assert shortened_text("a" * 200) == "a" * 200
    assert shortened_text("a" * 201) == "a" * 200 + "…"
    assert refusal("(" * 300) == f"“{'(' * 200}…” has more than 100 brackets."
