"""The cost of several calls: an unknown one is counted apart and never as nothing."""

from workflows.costs import Cost


def test_unknown_costs_are_counted_and_not_added() -> None:
    assert Cost.of([1, None, 2, None]) == Cost(3, 2)
    assert Cost.of([]) == Cost()
    assert sum([Cost(1, 1), Cost(2, 0)], Cost()) == Cost(3, 1)


def test_a_cost_is_false_only_where_every_call_was_free() -> None:
    assert not Cost.of([0, 0])
    assert Cost.of([0, None])
    assert Cost.of([1])
