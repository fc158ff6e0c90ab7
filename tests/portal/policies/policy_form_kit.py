"""A policy as it is typed."""

from html import unescape

from django.http import HttpResponse

from tests.markup import Markup
from tests.portal import review_kit

TWO = {"kind": "refund", "over": "25", "who": "owner", "needed": "1", "hours": "8"}


def text(answer: HttpResponse) -> str:
    """What a person reads."""
    return Markup(unescape(review_kit.text(answer)))
