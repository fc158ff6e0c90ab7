"""The context of a step, as its kind sees it: what it may read of the run it begins in."""

from typing import Any, Protocol

from tenants.models import Tenant
from workflows.definitions.definition import Definition
from workflows.models import Run


class StepContext(Protocol):
    """A run under way, of which a step kind reads the request and what former steps gave."""

    @property
    def run(self) -> Run:
        """The run."""

    @property
    def definition(self) -> Definition:
        """The definition of the version that it began with."""

    @property
    def tenant(self) -> Tenant:
        """Whose run it is."""

    def names(self) -> dict[str, Any]:
        """What expressions and prompts may read."""

    def output(self, name: str | None) -> dict[str, Any]:
        """A finished step's output; empty where it gave none."""

    def model_for(self, wanted: str) -> tuple[str, str]:
        """The model to ask and why."""
