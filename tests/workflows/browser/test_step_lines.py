"""Steps on a page as lines: what each says, which arguments they take, and which line is wrong."""

import pytest

from tenants.errors import Invalid
from workflows.browser.settings import browser_settings
from workflows.browser.step_lines import read_steps, with_path

LINES = """
open /login
fill Password with secret shop-admin
click Sign in
wait for Welcome
Fill  Reply with care with reply
fill Tell her with tell (Yes or no)
fill Total with total (number)
fill Why with why (Late | Broken)
submit Refund and see The refund is made.
"""


def test_lines_are_the_steps_of_a_tool() -> None:
    steps, schema = read_steps(LINES)
    assert steps == [
        {"open": "/login"},
        {"fill": "Password", "secret": "secret:shop-admin"},
        {"click": "Sign in"},
        {"wait": "Welcome"},
        {"fill": "Reply with care", "argument": "reply"},
        {"fill": "Tell her", "argument": "tell"},
        {"fill": "Total", "argument": "total"},
        {"fill": "Why", "argument": "why"},
        {"submit": "Refund", "shows": "The refund is made."},
    ]
    assert schema["required"] == ["reply", "tell", "total", "why"]
    assert schema["properties"]["tell"] == {"type": "boolean"}
    assert schema["properties"]["why"] == {"type": "string", "enum": ["Late", "Broken"]}
    assert browser_settings({"start": "https://shop.example/", "steps": steps}).submit


def test_no_lines_are_no_steps_and_a_call_may_name_a_page() -> None:
    steps, schema = read_steps("")
    assert (steps, schema["required"]) == ([], [])
    assert set(with_path(schema)["properties"]) == {"path"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("push Refund", "Line 1: A line begins with open, fill"),
        ("\nclick", "Line 2: Write it as: click Sign in"),
        ("open https://other.example", "Line 1: Write it as: open /refunds/new"),
        ("open //other.example/x", "Line 1: Write it as: open"),
        ("fill Order", "Line 1: Write it as: fill Order with order"),
        ("fill Order with Order No", "is named in small letters"),
        ("fill Order with order (Late)", "Say of order"),
        ("fill Order with order (Late | Late)", "Say of order"),
        ("submit Refund", "Say what the page shows"),
        ("fill A with a\nfill B with a (number)", "Line 2: a is said to be two different things"),
    ],
)
def test_a_wrong_line_is_named_and_says_how_it_is_written(lines: str, said: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_steps(lines)
    assert said in wrong.value.message
