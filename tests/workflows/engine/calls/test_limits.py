"""Limits that count a call, and the priority of a run's jobs."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from audit.jobs import Limit, Priority
from tests.workflows.unsaved import unsaved_step, unsaved_workflow
from workflows.engine.calls.limits import (
    limits_of_call,
    priority_of,
    provider_key,
    refusal_of,
    workflow_key,
)
from workflows.models import StepRun

ID = UUID(int=7)


def context(*, at_once: int | None, is_sealed: bool = False) -> Any:
    workflow = unsaved_workflow(id=ID, at_once=at_once)
    return SimpleNamespace(workflow=workflow, run=SimpleNamespace(is_sealed=is_sealed))


def test_a_provider_is_the_part_of_a_models_name_before_the_slash() -> None:
    assert provider_key("openai/scripted/mini") == "via:openai"
    assert provider_key("claude") == "via:claude"


@pytest.mark.parametrize(
    ("at_once", "model", "found"),
    [
        (None, "", ()),
        (None, "offline/x", ()),
        (3, "", (Limit(workflow_key(ID), 3),)),
        (None, "openai/x", (Limit("via:openai", 5),)),
        (3, "openai/x", (Limit(workflow_key(ID), 3), Limit("via:openai", 5))),
    ],
)
def test_a_call_counts_against_the_limits_that_are_set(
    settings: Any, at_once: int | None, model: str, found: tuple[Limit, ...]
) -> None:
    settings.MODEL_LIMITS = {"openai": 5}
    assert limits_of_call(context(at_once=at_once), model) == found
    assert limits_of_call(context(at_once=at_once, is_sealed=True), model) == ()


def test_without_limits_nothing_is_asked() -> None:
    """This test has no database: a query would fail it."""
    assert refusal_of(()) is None


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (None, Priority.INTERACTIVE),
        (unsaved_step(item=None), Priority.INTERACTIVE),
        (unsaved_step(item=0), Priority.BULK),
    ],
)
def test_items_of_a_list_go_last_whatever_the_run(row: StepRun | None, found: Priority) -> None:
    context: Any = SimpleNamespace(run=SimpleNamespace(priority=int(Priority.INTERACTIVE)))
    assert priority_of(context, row) == found
