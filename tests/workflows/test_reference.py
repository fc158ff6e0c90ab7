"""The definition reference is up to date, and each of its examples runs."""

from datetime import timedelta
from typing import Any

import pytest
import yaml

from approvals.models import ReviewItem
from portal.management.commands.reference import DOCS, rendered_reference
from tenants import clock
from tests.lanes import Lane
from workflows.models import Mailbox, Run
from workflows.validation import validate
from workflows.validation.json_schema import definition_schema
from workflows.validation.reference import NAMES

EXAMPLES = {path.stem: path.read_text() for path in sorted((DOCS / "examples").glob("*.yaml"))}
INPUT = {
    "lines": [{"sku": "lamp"}, {"sku": "stool"}],
    "opens_at": "2026-11-17T13:00:00Z",
    "cents": 4820,
}
# What waits for a person at the end, by the example; nothing where the run is simply done.
WAITS = {
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
    clock.pass_time(timedelta(hours=2))
    for _ in range(3):
        lane.pass_time(days=2)
        if name != "wait":
            break
    kinds = ReviewItem.objects.filter(status__in=("waiting", "expired")).values_list(
        "kind", flat=True
    )
    assert sorted(kinds) == WAITS[name]
    assert not Run.objects.filter(status="failed").exists()


def used(value: Any) -> set[str]:
    """Every name of a mapping anywhere in a definition."""
    if isinstance(value, dict):
        names = {"on" if key is True else str(key) for key in value}
        return names.union(*(used(one) for one in value.values()))
    return set().union(*map(used, value)) if isinstance(value, list) else set()


def test_every_setting_is_in_an_example() -> None:
    schema = definition_schema("")
    parts = [schema, *schema["$defs"].values()]
    settings = {name for part in parts for name in part.get("properties", ())}
    assert settings - used([yaml.safe_load(text) for text in EXAMPLES.values()]) == set()


def test_every_name_of_expressions_is_in_an_example() -> None:
    assert set(NAMES) >= validate.NAMES
    text = "\n".join(EXAMPLES.values())
    assert [
        name for name in NAMES if f"{name}." not in text and f"{{{{ {name} }}}}" not in text
    ] == []
