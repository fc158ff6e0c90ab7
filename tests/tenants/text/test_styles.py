"""A style attribute is read for whether its element can be seen."""

import pytest

from tenants.text.styles import Style, style_of


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("", Style()),
        ("color: red", Style()),
        ("display: none", Style(gone=True)),
        ("DISPLAY:NONE", Style(gone=True)),
        ("display: block", Style(gone=False, apart="\n")),
        ("display: table-row", Style(gone=False, apart="\n")),
        ("display: inline", Style(gone=False)),
        ("display: inline-block", Style(gone=False, apart=" ")),
        ("display: block flow", Style(gone=False, apart="\n")),
        ("opacity: 0", Style(gone=True)),
        ("opacity: 0%", Style(gone=True)),
        ("opacity: 0.01", Style()),
        ("visibility: hidden", Style(unseen=True)),
        ("visibility: collapse", Style(unseen=True)),
        ("visibility: visible", Style(unseen=False)),
        # A box of no size hides what does not flow over it.
        ("height: 0", Style()),
        ("overflow: hidden", Style()),
        ("height: 0; overflow: hidden", Style(gone=True)),
        ("max-width: 0px; overflow-x: clip", Style(gone=True)),
        ("width: 1px; overflow: hidden", Style()),
        # The size of letters.
        ("font-size: 0", Style(tiny=True)),
        ("font-size: 0.0em", Style(tiny=True)),
        ("font-size: -0px", Style(tiny=True)),
        ("font-size: 12px", Style(tiny=False)),
        ("font-size: xx-small", Style(tiny=False)),
        ("font-size: 120%", Style()),
        ("font-size: 2em", Style()),
        ("font-size: inherit", Style()),
        ("font-size: nonsense", Style()),
        ("font: 0/0 a", Style(tiny=True)),
        ("font: bold 12px/30px Arial", Style(tiny=False)),
    ],
)
def test_a_style_says_what_becomes_of_its_element(text: str, style: Style) -> None:
    assert style_of(text) == style


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("display: none; display: block", False),
        ("display: block; display: none", True),
        ("display: none !important; display: block", True),
        ("display: none ! IMPORTANT; display: block !important", False),
        ("display: none; display: ", True),
        ("display: none; display", True),
        ("/* display: none */ display: block", False),
        ("display: /**/none", True),
        ("display: none /* that never ends; display: block", True),
        (";;display:none;", True),
    ],
)
def test_the_last_declaration_counts_and_an_important_one_before_it(text: str, gone: bool) -> None:
    assert style_of(text).gone is gone
