"""What a reader does not see is spelt out, and rules see through it (cases A8, 9b)."""

import sys
import unicodedata

import pytest

from approvals.rules.hidden_characters import (
    compared_forms,
    hidden_in,
    is_hidden,
    shows_nothing,
    spelled_out,
    unspaced,
)
from approvals.rules.never import Known, Rule, Subject, broken_rules, check
from approvals.rules.phrases import has_hidden
from tenants.errors import Invalid

UNSEEN = [
    "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180e",
    "\u180f", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a",
    "\u202e", "\u2060", "\u2063", "\u2064", "\u2066", "\u2069", "\u206f", "\u2800", "\u3164",
    "\ue000", "\ufe00", "\ufe0e", "\ufe0f", "\ufeff", "\uffa0", "\ufff9", "\ufffb", "\ufffc",
    "\x00", "\x7f", "\x85", "\U0001d159", "\U0001d173", "\U000e0001", "\U000e0041", "\U000e007f",
    "\U000e0101", "\U000e01ef", "\U000e0fff", "\U00013441",
]  # fmt: skip
SHOWN = {
    "family": "👨‍👩‍👧‍👦",
    "heart on fire": "❤️‍🔥",
    "hand with a colour of skin": "👍🏽",
    "woman with a colour of skin at work": "👩🏽‍💻",
    "keycap": "1️⃣ #️⃣",
    "copyright": "©️",
    "flag of Scotland": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "Persian": "می‌خواهم",
    "Hindi": "क्‍ष",
    "Malayalam": "ന്‍റെ",
    "Malayalam at the end of a word": "അവന്‍ പറഞ്ഞു",
    "a Japanese name": "葛\U000e0100城",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ\u180bᠤ",
    "number sign": "\u0600١٢",
    "French": "1 234,50 € « oui »",
    "accents": "e\u0301té, Ångström",
    "lines": "one\n\ttwo",
}


# In a word it is how many programs write German; elsewhere it is spelt out like the others.
SOFT_HYPHEN = "\u00ad"
FLAGGED = [char for char in UNSEEN if char != SOFT_HYPHEN]


@pytest.mark.parametrize("char", FLAGGED, ids=lambda c: f"U+{ord(c):04X}")
def test_what_nobody_sees_is_flagged_and_seen_through(char: str) -> None:
    """Case A8: in a value, in a name, on the card and by a never-rule."""
    text = f"Here is a gi{char}ft card."
    assert f"⟦U+{ord(char):04X}⟧" in spelled_out(text)
    assert has_hidden({"body": text})
    assert has_hidden({f"bo{char}dy": "x"})
    rule = [Rule(text="gift card")]
    for args in ({"body": text}, {"lines": [{"a": text}]}, {f"gi{char}ft card": 1}):
        assert broken_rules(rule, Subject("mail.send", "send", args))


@pytest.mark.parametrize("char", UNSEEN, ids=lambda c: f"U+{ord(c):04X}")
def test_what_nobody_sees_may_stand_for_a_space(char: str) -> None:
    """Case A8: a blank letter looks like one."""
    args = {"body": f"Here is a gift{char}card."}
    assert broken_rules([Rule(text="gift card")], Subject("mail.send", "send", args))


@pytest.mark.parametrize("text", SHOWN.values(), ids=list(SHOWN))
def test_what_a_script_or_an_emoji_needs_is_shown_as_it_is(text: str) -> None:
    assert spelled_out(text) == text
    assert not has_hidden({"name": text})


@pytest.mark.parametrize(
    "text",
    [
        "gi‍ft",  # a joiner between Latin letters
        "می‌‌خواهم",  # two where one is needed
        "👍‍x",
        "x️",
        "1️",  # a selector without its keycap
        "葛x\U000e0100",
        "🏴\U000e0067",  # a flag that never ends
        "🏴" + "\U000e0067" * 9 + "\U000e007f",
        "\u200d👩",
    ],
)
def test_the_same_characters_elsewhere_are_spelt_out(text: str) -> None:
    assert spelled_out(text) != text


def test_a_rule_sees_through_joiners_that_are_shown() -> None:
    rule = [Rule(text="میخواهم")]
    assert broken_rules(rule, Subject("mail.send", "send", {"body": "می‌خواهم"}))


def test_a_rule_reads_numbers_and_names_of_arguments_too() -> None:
    rule = [Rule(text="99887766")]
    assert broken_rules(rule, Subject("bank.pay", "purchase", {"account": 99887766}))
    assert broken_rules(rule, Subject("bank.pay", "purchase", {"n": [{"x": "9988-7766 99887766"}]}))
    assert not broken_rules(rule, Subject("bank.pay", "purchase", {"account": 998877}))
    assert broken_rules([Rule(text="gift_card")], Subject("a.b", "send", {"gift_card": True}))


@pytest.mark.parametrize(
    "text",
    [
        "ＧＩＦＴ　ＣＡＲＤ",
        "g\u0336i\u0336f\u0336t card",
        "GI\u200aFT CARD",
        "gift\u2028card",
        "gift\rcard",
        "gi\u2028ft card",
        "gift\r\n  card",
        "ｇⅰft card",
    ],
)
def test_look_alike_forms_and_odd_spaces_are_one(text: str) -> None:
    assert broken_rules([Rule(text="gift card")], Subject("mail.send", "send", {"body": text}))


def test_a_rule_on_a_text_that_nobody_sees_is_refused() -> None:
    with pytest.raises(Invalid, match="Nobody can see"):
        check(Rule(text="\u200b\u3164"), [Known("mail.send", "send", frozenset())])


def test_every_code_point_that_unicode_ignores_or_formats_is_hidden() -> None:
    """One walk over all of Unicode: what has no shape of its own is hidden, letters are not."""
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        category = unicodedata.category(char)
        if category in ("Lu", "Ll", "Nd", "Sc", "Sk", "Ps", "Pe", "Pd", "Po", "Zs"):
            assert not is_hidden(char), hex(point)
        if category in ("Co", "Cs") or (category == "Cc" and char not in "\n\t"):
            assert is_hidden(char), hex(point)
            assert list(hidden_in(f"a{char}b")) == [1], hex(point)


@pytest.mark.parametrize(
    "text", ["gi\u200bft\u2800card", "gi\u200bft\u200bcard", "g i\u200bf t c a r d"]
)
def test_hidden_characters_of_several_kinds_hide_nothing(text: str) -> None:
    assert broken_rules([Rule(text="gift card")], Subject("mail.send", "send", {"body": text}))


def test_words_side_by_side_make_no_other_word() -> None:
    said = {"body": "as usual, a car tent"}
    assert not broken_rules([Rule(text="sue")], Subject("mail.send", "send", said))
    assert not broken_rules([Rule(text="cart")], Subject("mail.send", "send", said))


@pytest.mark.parametrize(
    "word",
    ["gi\xadft", "(Donau\xaddampf\xadschiff),", "l’amour\xadette", "Gift\xadkarten-Ver\xadkauf."],
)
def test_a_soft_hyphen_in_a_word_is_shown_as_it_is_and_seen_through(word: str) -> None:
    assert spelled_out(f"Der {word} ja") == f"Der {word} ja"
    args = {"body": f"Der {word} ja"}
    rule = [Rule(text=word.replace("\xad", ""))]
    assert broken_rules(rule, Subject("mail.send", "send", args))


@pytest.mark.parametrize(
    "text",
    ["mia@cus\xadtomers.example", "4\xad820", "re\xad\xadfund", "\xadhi", "hi\xad", "a.b\xadc"],
)
def test_a_soft_hyphen_elsewhere_is_spelt_out(text: str) -> None:
    assert "⟦U+00AD⟧" in spelled_out(text)
    assert has_hidden({"to": text})


def test_a_soft_hyphen_far_from_the_sign_of_an_address_is_spelt_out() -> None:
    assert "⟦U+00AD⟧" in spelled_out(f"a\xad{'b' * 70}@x.example")


@pytest.mark.parametrize(
    ("text", "is_nothing"),
    [
        ("", True),
        (" \n\t\u00a0\u2003", True),
        ("\u200b\u3164\u2800", True),
        (" a", False),
        ("\u200b.", False),
        ("\u0600", False),
    ],
    ids=ascii,
)
def test_a_text_shows_nothing_where_all_of_it_is_blank_or_hidden(
    text: str, is_nothing: bool
) -> None:
    assert shows_nothing(text) is is_nothing


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Gift  CARD ", {"gift card"}),
        ("", {""}),
        ("\u200b", {""}),
        ("gi\u200bft", {"gift", "gi ft"}),
        ("a b\u200bc", {"a bc", "a b c", "abc"}),
        ("10\u202f000", {"10000", "10 000"}),
        ("g\u0336ift", {"gift"}),
        ("Straße", {"strasse"}),
        ("ｇⅰft", {"gift"}),
    ],
    ids=lambda given: ascii(given) if isinstance(given, str) else "",
)
def test_a_text_is_compared_in_each_form_it_may_be_read_in(text: str, forms: set[str]) -> None:
    assert compared_forms(text) == forms


def test_a_form_without_its_spaces_is_one_word() -> None:
    assert unspaced("a b  c") == "abc"
    assert unspaced("") == ""


def test_every_hidden_character_is_spelt_out_at_its_place() -> None:
    assert spelled_out("\u202ea\u200bb\x00") == "⟦U+202E⟧a⟦U+200B⟧b⟦U+0000⟧"
    assert list(hidden_in("\u202ea\u200bb\x00")) == [0, 2, 4]
    assert spelled_out("") == ""
