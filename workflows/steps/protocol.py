"""Context of a step, as its kind sees it: what the step may read of its run."""

from typing import Any, Protocol

from tenants.models import Tenant
from workflows.definitions.definition import Definition
from workflows.models import Run


class StepContext(Protocol):
    """Run under way, of which a step kind reads the request and the outputs of former steps."""

    @property
    def run(self) -> Run:
        """The run."""

    @property
    def definition(self) -> Definition:
        """The definition of the version that the run began with."""

    @property
    def tenant(self) -> Tenant:
        """The tenant of the run."""

    def names(self) -> dict[str, Any]:
        """Return the names that expressions and prompts may read, with their values."""

    def output(self, name: str | None) -> dict[str, Any]:
        """Return a finished step's output; empty where it has none."""

    def model_for(self, wanted: str) -> tuple[str, str]:
        """Return the model to ask and the reason for it; both empty where the call is routed."""
