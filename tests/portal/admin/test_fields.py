"""Fields of the admin read lists and JSON, and refuse what can't be kept."""

from typing import Any

import pytest
from django.forms import ValidationError

from portal.admin.fields import FractionsObject, JsonObject, Lines


def test_a_list_is_one_text_a_line() -> None:
    found = Lines().to_python(" a \n\nb")
    assert found == ["a", "b"]
    assert Lines().prepare_value(found) == "a\nb"
    assert not Lines().has_changed(["a"], "a\n")


@pytest.mark.parametrize("field", [JsonObject(), FractionsObject()])
@pytest.mark.parametrize(
    "text", ["[]", "{", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": "\\u0000"}', '{"a":' * 200, "1.5"]
)
def test_what_is_no_json_object_is_refused(field: JsonObject, text: str) -> None:
    with pytest.raises(ValidationError):
        field.to_python(text)
    assert field.has_changed({}, text)


@pytest.mark.parametrize(
    "value",
    [
        {"minimum": 0.5, "maximum": -1.25, "multipleOf": 0.01},
        {"pattern": '^1.5\\d"2.5$', "a": [1, 2.5, "3.5e2"]},
        {"a": 1e300},
    ],
)
def test_fractions_are_kept_where_a_schema_has_them(value: dict[str, Any]) -> None:
    field = FractionsObject()
    shown = field.prepare_value(value)
    assert field.to_python(shown) == value
    assert not field.has_changed(value, shown)
    with pytest.raises(ValidationError):
        JsonObject().to_python(shown)
