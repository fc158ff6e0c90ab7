"""Fixtures of the outbox's tests: a moved clock, a client, and a topic with a handler."""

from collections.abc import Iterator

import pytest

from audit import outbox
from audit.worker import claims, handlers
from tenants import clock
from tests.audit.worker.jobs import TOPIC, Recorder
from tests.lanes import NOON
from tests.world import World, make_world


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A handler whose jobs call nothing; the round of tenants begins anew."""
    monkeypatch.setattr(claims, "_round", claims._Round())
    made = Recorder()
    outbox.register(TOPIC, made)
    yield made
    del handlers.handlers[TOPIC]
