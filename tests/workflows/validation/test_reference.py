"""The definition reference is up to date, and each of its examples runs."""

import pytest
from pydantic import BaseModel

from approvals.models import ReviewItem
from portal.management.commands.reference import DOCS, rendered_reference
from tenants import clock
from tests.lanes import Lane
from workflows.definitions.definition import Step
from workflows.definitions.on_failure import Fallback, Retry
from workflows.definitions.schema import ForEach, FromMail, Head, Never, Schedule, StepHead
from workflows.models import Mailbox, Run
from workflows.steps import step_kinds
from workflows.validation import validate
from workflows.validation.parse import parse
from workflows.validation.reference import NAMES

EXAMPLES = {path.stem: path.read_text() for path in sorted((DOCS / "examples").glob("*.yaml"))}
INPUT = {
    "lines": [{"sku": "lamp"}, {"sku": "stool"}],
    "opens_at": "2026-11-17T13:00:00Z",
    "cents": 4820,
}
# What waits for a person at the end, by the example; nothing where the run is simply done.
WAITS = {
    "agent": ["proposal"],
    "act": ["proposal"],
    "failing": ["proposal"],
    "for_each": ["draft", "draft"],
    "generate": ["draft"],
    "handoff": ["proposal"],
    "head": ["draft"],
    "mail": ["draft"],
    "retrieve": [],
    "route": ["recommendation"],
    "schedule": ["draft"],
    "wait": ["draft"],
}


def test_the_page_is_what_the_models_say() -> None:
    said = "uv run manage.py reference writes it anew"
    assert (DOCS / "definition-reference.md").read_text() == rendered_reference(), said


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_published_and_runs(lane: Lane, name: str) -> None:
    Mailbox.objects.create(name="support", address="support@harbor.example", made_at=clock.now())
    lane.use(EXAMPLES[name])
    lane.start(**INPUT)
    if name == "wait":  # past the pause and the opening, then past the deadline of the payment
        lane.pass_time(hours=2)
        lane.pass_time(days=4)
    waits = ReviewItem.objects.filter(status="waiting").values_list("kind", flat=True)
    assert sorted(waits) == WAITS[name]
    assert not Run.objects.filter(status="failed").exists()


def used(value: object) -> set[tuple[type[BaseModel], str]]:
    """Every setting that is written in a part of a definition, with the model that reads it."""
    if isinstance(value, BaseModel):
        found = {(type(value), name) for name in value.model_fields_set}
        return found.union(*(used(getattr(value, name)) for name in value.model_fields_set))
    if isinstance(value, Step):
        return used(value.head) | used(value.settings)
    return set().union(*map(used, value)) if isinstance(value, list | tuple) else set()


def test_every_setting_is_in_an_example() -> None:
    written: set[tuple[type[BaseModel], str]] = set()
    for text in EXAMPLES.values():
        definition, _ = parse(text)
        written |= used(definition.head) | used(definition.steps)
    models = {model for model, _ in written} | {kind.Settings for kind in step_kinds().values()}
    settings = {(model, name) for model in models for name in model.model_fields}
    assert {(model.__name__, name) for model, name in settings - written} == set()
    assert {Head, StepHead, Schedule, FromMail, Never, Retry, Fallback, ForEach} <= models


def test_every_expression_that_shows_a_name_is_in_an_example() -> None:
    assert set(NAMES) >= validate.NAMES
    text = "\n".join(EXAMPLES.values())
    assert [said for _, said in NAMES.values() if said not in text] == []
