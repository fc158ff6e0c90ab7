"""A worker holds the messages it took by itself; the broker keeps those that nobody took."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from kombu import Connection, Consumer, Queue

from portal.servers.broker import Broker

WORK = Queue("work", routing_key="work")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test's own, with two messages."""
    own = Broker(tmp_path, keep=False)
    own.start()
    with connect(own) as sender:
        for number in range(2):
            sender.SimpleQueue(WORK).put(f"message {number}")
    yield own
    own.stop()


def connect(broker: Broker) -> Connection:
    """Return a connection with the options of the app."""
    made: Connection = current_app.connection_for_read(broker.url)
    return made


def take_one(connection: Connection) -> Any:
    """Take a message as a worker does that may hold one at a time."""
    taken: list[Any] = []
    consumer = Consumer(connection, [WORK], callbacks=[lambda body, message: taken.append(message)])
    consumer.qos(prefetch_count=1)
    consumer.consume()
    connection.drain_events(timeout=5)
    with pytest.raises(TimeoutError):
        connection.drain_events(timeout=0.3)
    (message,) = taken
    return message


def keys_of(broker: Broker) -> dict[str, int]:
    """The lists and hashes that the broker keeps for messages, with their lengths."""
    client = redis.Redis.from_url(broker.url, decode_responses=True)
    kept = {name for name in client.scan_iter() if not name.startswith("_kombu")}
    return {name: client.llen(name) for name in kept}


def test_a_message_that_was_taken_costs_the_broker_nothing_more(broker: Broker) -> None:
    with connect(broker) as connection:
        message = take_one(connection)
        assert keys_of(broker) == {"work": 1}
        message.ack()
        assert keys_of(broker) == {"work": 1}
    assert keys_of(broker) == {"work": 1}


def test_a_message_that_was_not_handled_goes_back_when_its_worker_stops(broker: Broker) -> None:
    with connect(broker) as connection:
        take_one(connection)
    assert keys_of(broker) == {"work": 2}
