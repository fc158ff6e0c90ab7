"""Hidden characters of a page are spelt out, and what fields hold stays as it was."""

import pytest

from approvals.rules.hidden_characters import hidden_in
from portal.middleware.hidden_characters import spelt_out

EVIL = "pay\u202egnp.exe\u2066\u200b\u3164"


def test_a_field_gives_back_what_was_stored() -> None:
    page = f'<p>{EVIL}</p><input value="a\u202eb"><textarea name="t">\n\u200bx</textarea>'
    shown = spelt_out(page)
    assert not list(hidden_in(shown))
    assert '<input value="a&#x202E;b">' in shown
    assert '<textarea name="t">\n&#x200B;x</textarea>' in shown
    assert "<p>pay⟦U+202E⟧gnp.exe⟦U+2066⟧⟦U+200B⟧⟦U+3164⟧</p>" in shown


def test_data_for_scripts_stays_data() -> None:
    page = '<script type="application/json">{"a": "\u202e\U000e0041"}</script>'
    assert '"\\u202e\\udb40\\udc41"' in spelt_out(page)


@pytest.mark.parametrize("page", ["<p>plain</p>", "<p>„Grüße“ 👩‍👩‍👧 می‌خواهم\r\n</p>"])
def test_a_page_without_them_is_left_alone(page: str) -> None:
    assert spelt_out(page) is page
