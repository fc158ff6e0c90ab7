"""A definition can be neither too long nor too deep, and whatever YAML makes of it is a place and
a sentence.
"""

import time

import pytest

from audit.canonical import canonical, parse_json
from tenants.errors import Invalid
from tests.world import DEFINITION
from workflows.definitions.problems import DefinitionError, read_yaml
from workflows.validation.parse import parse

DAYS = "9999999d" * 200
NINES = "9" * 400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: " + "[" * 50_000, "nested too deep"),
        ("{" * 20_000, "nested too deep"),
        ("? " * 45_000, "nested too deep"),
        ("- " * 45_000, "nested too deep"),
        ("\n".join(" " * i + "a:" for i in range(400)), "nested too deep"),
        ("a: [" + "1," * 30_000 + "1]", "too many parts"),
        ("a: " + "x" * 100_000, "100,000 characters at most"),
        ("a: !!timestamp abc", "no YAML that can be read"),
        ("a: !!int ''", "no YAML that can be read"),
        ("a: !!bool x", "no YAML that can be read"),
        ("a: 2024-99-99", "no YAML that can be read"),
        ("a: " + "9" * 5000, "no YAML that can be read"),
        ("a: " + ":".join(["59"] * 300) + ".5", "no YAML that can be read"),
        ("a: 2001-12-14t21:59:43.10-99:99", "no YAML that can be read"),
        ('a: "\\0"', "can't be kept"),
        ('a: "\\ud800"', "can't be kept"),
        ('"\\0": a', "can't be kept"),
    ],
)
def test_yaml_that_is_too_much_or_makes_no_sense_is_refused_with_its_place(
    text: str, said: str
) -> None:
    """G8"""
    began = time.thread_time()
    with pytest.raises(DefinitionError, match=said) as refused:
        read_yaml(text)
    assert time.thread_time() - began < 3
    assert refused.value.problems[0].line >= 1
    assert len(refused.value.message) < 400


@pytest.mark.parametrize(
    "step",
    [
        f'{{name: a, wait: {{for: "{DAYS}"}}}}',
        f'{{name: a, wait: {{event: b, deadline: "{DAYS}"}}}}',
        f"{{name: a, retry: {{wait: {NINES}}}, wait: {{for: 1d}}}}",
        f'{{name: a, retry: {{wait: "{NINES}h"}}, wait: {{for: 1d}}}}',
        "{name: a, retry: {wait: .inf}, wait: {for: 1d}}",
        f"{{name: a, timeout: {NINES}, wait: {{for: 1d}}}}",
        f"{{name: a, for_each: {{in: input.a, as: b, at_most: {NINES}}}, retrieve: {{query: a}}}}",
    ],
)
def test_numbers_and_spans_without_end_are_problems_of_the_definition(step: str) -> None:
    """G8"""
    with pytest.raises(DefinitionError):
        parse(DEFINITION.replace("steps:", f"steps:\n  - {step}", 1))


def test_a_workflow_has_so_many_steps_at_most() -> None:
    """G8: a chain of thousands would be walked step in step."""
    steps = "".join(
        f"  - {{name: s{n}, needs: [s{n + 1}], wait: {{for: 1d}}}}\n" for n in range(900)
    )
    with pytest.raises(DefinitionError, match="200 steps at most"):
        parse(DEFINITION.replace("steps:\n", f"steps:\n{steps}", 1))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "9" * 4_000_000, '{"a": 1e400}']
)
def test_json_that_is_too_much_is_refused(text: str) -> None:
    """G8"""
    began = time.thread_time()
    with pytest.raises(Invalid) as refused:
        parse_json(text)
    assert time.thread_time() - began < 1
    assert len(refused.value.message) < 400


ODD = {
    "a large number": 10**5000,
    "one inside": {"a": 10**5000},
    "NUL": "\x00" * 100_000,
    "bytes": b"x" * 100_000,
    "a fraction": 1.5,
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_what_has_no_exact_spelling_is_named_in_few_words(value: object) -> None:
    """G8, X4: a number of 5,000 digits can't even be written out."""
    with pytest.raises(Invalid, match="no exact JSON spelling") as refused:
        canonical(value)
    assert len(refused.value.message) < 400
