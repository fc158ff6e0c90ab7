"""Actor and stop check that schedules and mails share when they start a run."""

from approvals.gate import verdict
from tenants.actors import Actor
from tenants.roles import Capability
from workflows.models import Workflow

# The system itself, which may start runs and nothing else.
STARTER = Actor("system", None, "Handrail", capabilities=frozenset({Capability.START_RUNS}))


def is_stopped(workflow: Workflow) -> bool:
    """Whether a pause or a kill switch keeps a workflow from starting by trigger."""
    return bool(workflow.paused_at or verdict.gate_context().stopped)
