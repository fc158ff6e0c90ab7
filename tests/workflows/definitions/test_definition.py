"""Steps are found by name, and so are the parts of a step."""

import pytest

from tests.workflows.definition_kit import REPLY, definition
from workflows.definitions.definition import is_part, step_of_part
from workflows.validation.parse import parse

TEXT = definition(
    REPLY.replace(
        "    generate:",
        "    on_failure: [{model: a/b}, {value: {text: x}}]\n    timeout: 30s\n    generate:",
    )
)


def test_a_step_is_found_by_its_name() -> None:
    found, _ = parse(TEXT)
    assert found.step("reply").name == "reply"
    with pytest.raises(KeyError):
        found.step("nothing")


def test_a_part_has_its_steps_settings_and_of_its_fallbacks_the_models() -> None:
    found, _ = parse(TEXT)
    whole, part = found.step("reply"), found.step("reply.12")
    assert (part.name, part.kind, part.settings) == ("reply.12", whole.kind, whole.settings)
    assert part.head.timeout == whole.head.timeout == 30
    assert [plan.model for plan in part.head.on_failure] == ["a/b"]
    assert len(whole.head.on_failure) == 2
    with pytest.raises(KeyError):
        found.step("nothing.1")


def test_a_part_is_known_by_its_name() -> None:
    assert (is_part("reply.1"), is_part("reply")) == (True, False)
    assert (step_of_part("reply.1"), step_of_part("reply")) == ("reply", "reply")
