"""A turn of an agent costs the same number of statements, however long its conversation is."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.fakes.model import ModelServer
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import agent_text, calling, find, says

# A turn and the read that it asks for: its answer is stored with the next call, twice.
EACH = 9


def statements(lane: Lane, model: ModelServer, turns: int) -> int:
    says(model, *(calling(find(f"A-{n}")) for n in range(turns)), "Done.")
    with CaptureQueriesContext(connection) as asked:
        lane.start()
    return sum("SAVEPOINT" not in one["sql"] for one in asked.captured_queries)


def test_a_turn_costs_the_same_however_long_it_has_lasted(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text("      caps: {turns: 50, tool_calls: 50}", slug="long"))
    statements(agent_lane, model, 1)
    short, long, longer = (statements(agent_lane, model, turns) for turns in (1, 9, 17))
    assert longer - long == long - short
    assert (long - short) / 8 <= EACH
