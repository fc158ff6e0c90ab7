"""allauth's elements in our markup: buttons and alerts with each of their tags."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from tests.markup import Markup


def element(name: str, attributes: dict[str, Any], **slots: str) -> Markup:
    """One element's template with what allauth hands it."""
    filled = {slot: [mark_safe(text)] for slot, text in slots.items()}
    context = {"attrs": attributes, "slots": filled}
    return Markup(render_to_string(f"allauth/elements/{name}.html", context))


@pytest.mark.parametrize(
    ("attributes", "tag", "classes"),
    [
        ({"tags": ["prominent"]}, "button", ["button", "primary"]),
        ({"tags": ["danger"]}, "button", ["button", "danger"]),
        ({"tags": ["outline", "tool"]}, "button", ["button", "small"]),
        ({"href": "/x"}, "a", ["button"]),
        ({"href": "/x", "tags": ["danger", "tool"]}, "a", ["button", "danger", "small"]),
    ],
)
def test_a_button_is_dressed_by_its_tags(
    attributes: dict[str, Any], tag: str, classes: list[str]
) -> None:
    shown = element("button", {"id": "go", **attributes}, default="Go").strip()
    found = re.fullmatch(rf'<{tag} class="([^"]*)"([^>]*)>Go</{tag}>', shown)
    assert found is not None, shown
    assert found[1].split() == classes
    assert 'id="go"' in found[2]


@pytest.mark.parametrize(
    ("tags", "kind"), [(["danger"], " error"), (["warning"], " warning"), ([], "")]
)
def test_an_alert_is_dressed_by_its_tag(tags: list[str], kind: str) -> None:
    shown = element("alert", {"tags": tags}, message="Look")
    assert f'<div class="notice{kind}"><div>Look</div></div>' in shown
