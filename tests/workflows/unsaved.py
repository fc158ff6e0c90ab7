"""Rows of workflows that no database has, for functions that only read what they are given."""

from typing import Any

from tests.approvals.unsaved import NOBODY
from workflows.models import Run, StepRun, Workflow


def unsaved_workflow(**more: Any) -> Workflow:
    return Workflow(tenant_id=NOBODY, **more)


def unsaved_run(**more: Any) -> Run:
    return Run(tenant_id=NOBODY, **more)


def unsaved_step(**more: Any) -> StepRun:
    return StepRun(tenant_id=NOBODY, **more)
