"""Prompt templates: Jinja, sandboxed, with nothing undefined."""

from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tenants.errors import Invalid


class Environment(ImmutableSandboxedEnvironment):
    """``output.items`` is the name in the data, as in CEL, not the method of a dict."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What the data holds by this name comes first."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


_environment = Environment(undefined=StrictUndefined, autoescape=False)


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
