"""The published JSON Schema says what the parser says, because it is made from the same models."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from tests.portal.review_kit import DRAFTS
from tests.workflows import definition_kit
from tests.workflows.validation.test_validate import GOOD
from tests.world import DEFINITION
from workflows.definitions.problems import DefinitionError, read_yaml
from workflows.definitions.schema import Head, StepHead
from workflows.steps import step_kinds
from workflows.validation.json_schema import definition_schema
from workflows.validation.parse import parse

ADDRESS = "https://handrail.example/schema/definition.json"
SCHEMA = definition_schema(ADDRESS)
VALIDATOR = Draft202012Validator(SCHEMA)
ROOT = Path(__file__).resolve().parents[3]
SAMPLES = sorted((ROOT / "portal/demo").rglob("workflows/*.yaml"))
TEXTS = {
    "tests/world": DEFINITION,
    "review_kit": DRAFTS,
    "test_definitions": GOOD,
    "definitions": definition_kit.definition(definition_kit.REPLY + definition_kit.SEND),
    **{sample.stem: sample.read_text("utf-8") for sample in SAMPLES},
}


def fits(value: Any) -> bool:
    return bool(VALIDATOR.is_valid(value))


def value_of(text: str) -> dict[str, Any]:
    return read_yaml(text)[0]


def test_it_is_a_json_schema_of_the_stated_draft_at_its_address() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == ADDRESS


@pytest.mark.parametrize("name", TEXTS)
def test_every_definition_that_parses_fits(name: str) -> None:
    parse(TEXTS[name])
    assert [e.message for e in VALIDATOR.iter_errors(value_of(TEXTS[name]))] == []


def test_the_samples_are_there_to_be_checked() -> None:
    assert len(SAMPLES) >= 7


@pytest.mark.parametrize("model", [Head, StepHead, *(k.Settings for k in step_kinds().values())])
def test_every_setting_is_in_it_with_words(model: type[BaseModel]) -> None:
    """A setting without a description says nothing in an editor."""
    places = {"Head": SCHEMA, "StepHead": SCHEMA["$defs"]["Step"]}
    named = {id(kind.Settings): name for name, kind in step_kinds().items()}
    part = places.get(model.__name__) or SCHEMA["$defs"][named[id(model)]]
    for name, field in model.model_fields.items():
        described = part["properties"][field.alias or name]
        assert described.get("description"), (model.__module__, name)


def test_a_step_is_of_exactly_one_kind_and_every_kind_is_known() -> None:
    value = value_of(GOOD)
    step = value["steps"][0]
    for name in step_kinds():
        assert SCHEMA["$defs"]["Step"]["properties"][name]["description"]
        other = {**step, name: {}}
        assert name == "retrieve" or not fits({**value, "steps": [other]})
    assert not fits({**value, "steps": [{"name": "nothing"}]})


# -- Documents broken in shape ------------------------------------------------------------


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the models look: below ``args``, ``schemas`` and ``schema`` anything goes."""
    found = [path] if path else []
    if path and path[-1] in ("args", "schemas", "schema"):
        return found
    inside: Any = value.items() if isinstance(value, dict) else ()
    inside = enumerate(value) if isinstance(value, list) else inside
    return found + [p for key, inner in inside for p in paths(inner, (*path, key))]


def broken(value: Any, path: tuple[Any, ...], how: str) -> Any:
    changed = copy.deepcopy(value)
    place = changed
    for key in path[:-1]:
        place = place[key]
    old = place[path[-1]]
    match how:
        case "null":
            place[path[-1]] = None
        case "kind":
            place[path[-1]] = [[]] if not isinstance(old, list) else {"no": {"such": 1}}
        case "extra":
            (old if isinstance(old, dict) else changed)["no_such_setting"] = 1
        case "twice":
            changed["steps"][0] |= {name: {} for name in step_kinds()}
        case "gone":
            del changed[("workflow", "rung", "brief", "steps")[len(path) % 4]]
    return changed


def refused(value: Any) -> bool:
    try:
        parse(yaml.safe_dump(value))
    except DefinitionError:
        return True
    return False


@given(
    st.sampled_from(sorted(TEXTS)), st.sampled_from(["null", "kind", "extra", "twice", "gone"]),
    st.data(),
)  # fmt: skip
def test_what_is_broken_in_shape_fits_neither_the_schema_nor_the_parser(
    name: str, how: str, data: st.DataObject
) -> None:
    value = value_of(TEXTS[name])
    path = data.draw(st.sampled_from(paths(value)))
    changed = broken(value, path, how)
    if refused(changed):
        assert not fits(changed), (name, path, how)
    else:
        assert fits(changed), (name, path, how)
