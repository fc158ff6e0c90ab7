"""Form fields of the admin: lists of lines, and JSON objects."""

import json
import re
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from audit.canonical import parse_json
from tenants.errors import Invalid
from workflows.tools.bodies import parse_body

# A text of JSON, which is kept, or a number with a fraction or an exponent.
FRACTION = re.compile(r'("(?:[^"\\]|\\.)*")|-?[0-9]+(?:\.[0-9]+|(?:\.[0-9]+)?[eE][-+]?[0-9]+)')


class Lines(forms.CharField):
    """Field of a list of texts, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class JsonObject(forms.CharField):
    """Field of a JSON object, shown indented. Duplicate names and floats are refused."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 10, "class": "code"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return json.dumps(value, indent=2, ensure_ascii=False)
        return value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        try:
            read = self.parse(str(value or "{}"))
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        if not isinstance(read, dict):
            raise forms.ValidationError("Write a JSON object, as {…}.")
        return read

    def parse(self, text: str) -> Any:
        """Return a text as JSON. Raises Invalid."""
        return parse_json(text.encode(errors="replace"))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or {}) != self.to_python(data))
        except forms.ValidationError:
            return True


class FractionsObject(JsonObject):
    """Field of a JSON object that may hold fractions, as the limits of a schema do."""

    def parse(self, text: str) -> Any:
        """Return a text as JSON. Raises Invalid."""
        parse_json(FRACTION.sub(lambda found: found[1] or "0", text).encode(errors="replace"))
        try:
            return parse_body(text)
        except (ValueError, RecursionError) as error:
            said = f"This is not JSON: {str(error)[:200]}."
            raise Invalid(said, code="not_json") from error
