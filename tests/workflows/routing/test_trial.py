"""A table is tried on past calls before it holds."""

from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, table_with
from workflows.gateway.usage import Usage
from workflows.routing.bounds import Bounds
from workflows.routing.levels import Consequence, Need, Sensitivity
from workflows.routing.signals import Measures
from workflows.routing.table import CallCase, read_table
from workflows.routing.trial import PastCall, Trial, try_table

USAGE = Usage(uncached=1_000_000, answer=100_000)
EASY = CallCase(Need.WRITE)
HEAVY = CallCase(Need.WRITE, consequence=Consequence.HEAVY)
CALM = Measures(10, 1)
# By the table's prices.
BY_QUICK, BY_STRONG = 400_000 + 160_000, 3_000_000 + 1_500_000


def test_what_would_have_moved_and_what_it_would_have_cost() -> None:
    calls = [
        PastCall(EASY, CALM, STRONG, USAGE, BY_STRONG),
        PastCall(EASY, CALM, QUICK, USAGE, BY_QUICK),
        PastCall(HEAVY, CALM, STRONG, USAGE, BY_STRONG),
    ]
    found = try_table(read_table(TABLE), calls)
    assert (found.calls, found.moved, found.heavy, found.heavy_moved) == (3, 1, 1, 0)
    assert (found.compared, found.saved) == (3, BY_STRONG - BY_QUICK)
    assert found.more == -found.saved


def test_a_call_that_stays_costs_what_it_did_cost() -> None:
    found = try_table(read_table(TABLE), [PastCall(EASY, CALM, QUICK, USAGE, 7)])
    assert (found.moved, found.before, found.after) == (0, 7, 7)


def test_what_is_not_known_is_not_compared() -> None:
    unpriced = {"name": "hosted_vllm/own", "title": "ours", "sees": "personal"}
    deployments = [*TABLE["deployments"], unpriced]
    table = read_table(table_with(deployments=deployments, rows=[{"use": ["hosted_vllm/own"]}]))
    calls = [PastCall(EASY, CALM, QUICK, USAGE, cost) for cost in (BY_QUICK, None)]
    found = try_table(table, calls)
    assert (found.moved, found.compared, found.uncompared, found.saved) == (2, 0, 2, 0)


def test_what_no_model_could_have_been_asked_is_counted() -> None:
    personal = CallCase(Need.WRITE, sensitivity=Sensitivity.PERSONAL)
    table = read_table(table_with(rows=[{"use": [QUICK]}]))
    found = try_table(table, [PastCall(personal, CALM, STRONG, USAGE, BY_STRONG)])
    assert (found.refused, found.moved, found.compared) == (1, 0, 0)


def test_nothing_to_try_it_on() -> None:
    assert try_table(read_table(TABLE), []) == Trial()


def test_a_call_keeps_to_what_its_choice_had_to_keep_to() -> None:
    """Unchanged, the table moves no call: not one that a client's bounds or a circuit turned."""
    only, table = Bounds(names=frozenset({STRONG})), read_table(TABLE)
    calls = [
        PastCall(EASY, CALM, STRONG, USAGE, BY_STRONG, bounds=(only,)),
        PastCall(EASY, CALM, STRONG, USAGE, BY_STRONG, resting=(QUICK,)),
        PastCall(EASY, CALM, STRONG, USAGE, BY_STRONG, failed=(QUICK,)),
    ]
    assert try_table(table, calls).moved == 0


def test_limits_that_change_make_the_same_calls_harder() -> None:
    calls = [PastCall(EASY, CALM, QUICK, USAGE, BY_QUICK)]
    table = read_table(table_with(limits={"tokens": 1, "fields": 1}))
    assert try_table(table, calls).moved == 1


def test_a_call_whose_tokens_nobody_counted_is_not_compared() -> None:
    found = try_table(read_table(TABLE), [PastCall(EASY, CALM, STRONG, Usage(), 5)])
    assert (found.moved, found.compared) == (1, 0)
