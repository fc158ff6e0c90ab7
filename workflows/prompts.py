"""Prompt templates in Jinja: sandboxed, bounded, and strict about undefined names."""

import re
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError

from tenants.errors import DomainError, Invalid
from workflows.template_limits import BoundedEnvironment, count_work

LONGEST = 20_000  # characters of a template
LONGEST_MESSAGE = 200
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # characters that Postgres or UTF-8 can't keep


class Environment(BoundedEnvironment):
    """Jinja environment in which ``output.items`` reads the data's name, as in CEL.

    Jinja alone would find the method of the dict first.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the data's value of this name before any attribute of the dict."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


_environment = Environment()


@lru_cache(maxsize=1024)
def _template(source: str) -> Template:
    if len(source) > LONGEST:
        raise Invalid(f"A template has {LONGEST:,} characters at most.", code="template_limit")
    return _environment.from_string(source)


def template_problem(source: str) -> str:
    """Return the problem of a template's text; empty if there is none."""
    try:
        _template(source)
    except DomainError as error:
        return error.message
    except Exception as error:  # a template can make Jinja and the compiler fail in many ways
        return f"The template is broken: {_error_words(error)}."
    return ""


def render(source: str, names: dict[str, Any]) -> str:
    """Fill a template in and return its text.

    Raises Invalid where the template reads an undefined name, fails, or takes too much.
    """
    try:
        with count_work():
            text = _template(source).render(names)
    except DomainError:
        raise
    except Exception as error:  # what is called in a template may raise anything
        raise Invalid(
            f"The template can't be filled in: {_error_words(error)}.", code="template"
        ) from error
    if UNSTORABLE.search(text):
        raise Invalid("The template writes a character that can't be kept.", code="template")
    return text


def _error_words(error: Exception) -> str:
    if isinstance(error, RecursionError | SyntaxError | MemoryError) and not isinstance(
        error, TemplateError
    ):
        return "it is nested too deep"
    return (str(error) or "it failed").rstrip(".")[:LONGEST_MESSAGE]
