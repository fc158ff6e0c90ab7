"""Rendering of a mail's text part and HTML part from templates."""

import re
from typing import Any

from django.template.loader import render_to_string
from premailer import Premailer

EMPTY_LINES = re.compile(r"\n{3,}")


def rendered(template: str, context: dict[str, Any]) -> str:
    """Return a text template rendered, without the empty lines that tags leave."""
    return EMPTY_LINES.sub("\n\n", render_to_string(template, context)).strip() + "\n"


def inlined(template: str, context: dict[str, Any]) -> str:
    """Return an HTML template rendered, with its CSS inlined for mail clients. Fetches nothing."""
    page = Premailer(
        render_to_string(template, context),
        allow_network=False,
        disable_validation=True,
        keep_style_tags=True,
        strip_important=False,
        cssutils_logging_level="CRITICAL",
    )
    return str(page.transform())
