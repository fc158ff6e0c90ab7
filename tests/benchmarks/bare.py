"""References: the same lane as bare psycopg, and as bare Celery tasks with rows.

The lane keeps its core promises (one run a key, no call inside a transaction, a wait
that survives a restart, intent before the effect, an event for each act) in the fewest
transactions: six of one statement each. There is no wall, ladder, permit or evidence.
"""

import argparse
import http.client
import json
import resource
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg

TABLES = """
CREATE SCHEMA bare
CREATE TABLE bare.fact (grp int, n int, body text, PRIMARY KEY (grp, n))
CREATE TABLE bare.run (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text UNIQUE,
    state text NOT NULL, lease timestamptz, input jsonb, draft jsonb, result jsonb)
CREATE INDEX ON bare.run (id) WHERE state = 'waiting'
CREATE TABLE bare.event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run bigint,
    what text, at timestamptz DEFAULT now());
INSERT INTO bare.fact SELECT g, n, repeat('Damaged items are refunded in full. ', 6)
    FROM generate_series(1, 1000) g, generate_series(1, 3) n
"""
TRIGGER = (
    "WITH made AS (INSERT INTO bare.run (key, state, input) VALUES (%s, 'new', %s) "
    "ON CONFLICT (key) DO NOTHING RETURNING id) "
    "INSERT INTO bare.event (run, what) SELECT id, 'started' FROM made RETURNING run"
)
BEGIN = (
    "WITH mine AS (UPDATE bare.run SET state = 'asking', lease = now() + interval '12 s' "
    "WHERE id = %s AND state = 'new' RETURNING id) "
    "SELECT body FROM bare.fact WHERE grp = %s AND EXISTS (SELECT FROM mine)"
)
MOVE = (
    "WITH moved AS (UPDATE bare.run SET state = %s, {column} = %s WHERE id = %s AND state = %s "
    "RETURNING id) INSERT INTO bare.event (run, what) SELECT id, %s FROM moved RETURNING run"
)
HOLD, FINISH = MOVE.format(column="draft"), MOVE.format(column="result")
INTEND = (
    "UPDATE bare.run SET state = 'acting', lease = now() + interval '12 s' "
    "WHERE id = %s AND state = 'approved' RETURNING id"
)
DECIDE = (
    "WITH moved AS (UPDATE bare.run SET state = 'approved' WHERE id = %s AND state = 'waiting' "
    "RETURNING id) INSERT INTO bare.event (run, what) SELECT id, 'accepted' FROM moved "
    "RETURNING run"
)
INPUT = json.dumps(
    {"message": "My ceramic lamp arrived damaged. Can I get a refund?", "order_id": "10412"}
)


@dataclass(slots=True)
class Lane:
    """The halves of a lane on one connection to Postgres and one to the world outside."""

    db: psycopg.Connection[Any]
    outside: http.client.HTTPConnection

    def trigger(self, key: str) -> int:
        """Write the request down."""
        return int(self._one(TRIGGER, [key, INPUT]))

    def draft(self, run: int) -> None:
        """Read three rows, ask the model, put the answer up. A second delivery does nothing."""
        facts = self.db.execute(BEGIN, [run, run % 1000 + 1]).fetchall()
        if not facts:
            return
        prompt = "Answer the customer's message.\n" + "\n".join(body for (body,) in facts)
        answer = self._ask(
            "/v1/chat/completions",
            {"model": "scripted", "messages": [{"role": "user", "content": prompt}]},
        )
        content = answer["choices"][0]["message"]["content"]
        self._one(HOLD, ["waiting", content, run, "asking", "drafted"])

    def decide(self, run: int) -> None:
        """Accept, once."""
        self._one(DECIDE, [run])

    def act(self, run: int) -> None:
        """Intent, effect with a key, result. A second delivery does nothing."""
        if self.db.execute(INTEND, [run]).fetchone() is None:
            return
        refund = {"order": "10412", "amount": {"value": 4820, "currency": "USD"}}
        done = self._ask("/refunds", refund, {"Idempotency-Key": f"bare-{run}"})
        self._one(FINISH, ["done", json.dumps(done), run, "acting", "effect done"])

    def _one(self, sql: str, values: list[Any]) -> Any:
        row = self.db.execute(sql, values).fetchone()
        assert row is not None, sql
        return row[0]

    def _ask(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        given = {"Content-Type": "application/json", **(headers or {})}
        self.outside.request("POST", path, json.dumps(body), given)
        return json.loads(self.outside.getresponse().read())


def lane(url: str, port: int) -> Lane:
    """A lane's connections."""
    outside = http.client.HTTPConnection("127.0.0.1", port)
    return Lane(psycopg.connect(url, autocommit=True), outside)


def _work(mine: Lane, keys: list[str]) -> None:
    """Lanes one after the other, each from its trigger to its end."""
    for key in keys:
        run = mine.trigger(key)
        mine.draft(run)
        mine.decide(run)
        mine.act(run)


def _main() -> None:
    """One process of the psycopg reference: says it is ready, waits for a line, then runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--lanes", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--name", required=True)
    given = parser.parse_args()
    work = []
    for number in range(given.threads):
        keys = [f"{given.name}-{n}" for n in range(number, given.lanes, given.threads)]
        work.append(threading.Thread(target=_work, args=(lane(given.url, given.port), keys)))
    print("ready", flush=True)
    sys.stdin.readline()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": time.monotonic() - began, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    _main()
