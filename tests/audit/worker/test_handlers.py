"""What the handlers of a claimed batch need is preloaded, or was read with the claim."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from audit.jobs import Claim, ClaimedBatch, FunctionHandler, ReadAhead
from audit.worker import handlers

FIRST, OTHER = UUID(int=1), UUID(int=2)


def claim(topic: str, object_id: UUID) -> Claim:
    return Claim(UUID(int=object_id.int + 100), UUID(int=9), topic, object_id, 1)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was preloaded, by topics that are registered for the time of a test."""
    found: list[Any] = []
    for name in ("handlers", "preloads", "batch_sizes", "read_aheads"):
        monkeypatch.setattr(handlers, name, {})
    monkeypatch.setattr(handlers, "lock_only", [])
    monkeypatch.setattr(handlers, "preload_alone", set())

    @contextmanager
    def preload(ids: list[UUID]) -> Iterator[None]:
        found.append(ids)
        yield

    @contextmanager
    def keep(object_id: UUID, row: tuple[Any, ...]) -> Iterator[None]:
        found.append((object_id, row))
        yield

    handler = FunctionHandler(lambda claim: None)
    handlers.register("plain", handler, preload, most=7)
    handlers.register("alone", handler, preload, alone=True, makes_calls=False)
    handlers.register("ahead", handler, preload, read_ahead=ReadAhead("reads", keep))
    return found


def test_a_topic_is_registered_with_what_its_batches_need(loaded: list[Any]) -> None:
    assert handlers.batch_sizes == {"plain": 7, "alone": 32, "ahead": 32}
    assert handlers.lock_only == ["alone"]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (ClaimedBatch([claim("plain", FIRST)]), []),
        (ClaimedBatch([claim("plain", FIRST), claim("plain", OTHER)]), [[FIRST, OTHER]]),
        (ClaimedBatch([claim("alone", FIRST)]), [[FIRST]]),
        (ClaimedBatch([claim("ahead", FIRST)]), []),
        (ClaimedBatch([claim("ahead", FIRST)], ahead=("row",)), [(FIRST, ("row",))]),
        (ClaimedBatch([claim("ahead", FIRST), claim("ahead", OTHER)]), [[FIRST, OTHER]]),
    ],
)
def test_one_row_is_preloaded_where_its_topic_says_so(
    loaded: list[Any], batch: ClaimedBatch, expected: list[Any]
) -> None:
    with handlers.preload_claimed(batch):
        assert loaded == expected
