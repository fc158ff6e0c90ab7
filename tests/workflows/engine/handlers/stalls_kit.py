"""A run that lost its jobs, and the look that notices it."""

from audit.models import Outbox
from tests.lanes import Lane
from tests.world import REQUEST
from workflows.engine.handlers import stalls
from workflows.models import Run
from workflows.services.runs import start_run


def look(lane: Lane) -> None:
    """Let the row that looks for stalls come round, whenever it is due next."""
    stalls.begin_stall_checks()
    lane.pass_time(minutes=11)


def lose(topic: str) -> None:
    """Lose what is owed, as no code of ours does."""
    assert Outbox.objects.filter(topic=topic).delete()[0]


def begun(lane: Lane) -> Run:
    run, _ = start_run(lane.workflow, input=REQUEST, trigger="api", actor=lane.client.actor())
    return run
