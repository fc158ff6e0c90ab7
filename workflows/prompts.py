"""Prompt templates: Jinja, sandboxed, with nothing undefined."""

from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tenants.errors import Invalid

_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@lru_cache(maxsize=1024)
def _template(source: str) -> Template:
    return _environment.from_string(source)


def problem(source: str) -> str:
    """What is wrong with a template's text; empty if nothing is."""
    try:
        _environment.parse(source)
    except TemplateError as error:
        return f"The template is broken: {error}."
    return ""


def render(source: str, names: dict[str, Any]) -> str:
    """The template filled in. Raises Invalid where it reads what is not there."""
    try:
        return _template(source).render(names)
    except TemplateError as error:
        raise Invalid(f"The template can't be filled in: {error}.", code="template") from error
