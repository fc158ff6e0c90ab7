"""A start over the API stays within its statements and its work."""

from itertools import count

import pytest
from django.db import connection
from django.test import Client as Http
from django.test.utils import CaptureQueriesContext

from tests.instructions import instructions, same_python
from tests.portal.api.api_kit import RUNS, key_of
from tests.world import REQUEST, World

pytestmark = [pytest.mark.django_db, same_python]

SLACK = 1.1
START = (3, 24)  # statements, BEGIN and the like left out; thousands of instructions


def test_a_start_stays_within_its_statements_and_its_work(world: World) -> None:
    http, numbers = Http(headers={"Authorization": f"Bearer {key_of(world.harbor)}"}), count()
    asked = {"workflow": "refund-replies", "input": REQUEST}

    def begin() -> None:
        once = {"Idempotency-Key": f"start-{next(numbers)}"}
        response = http.post(RUNS, asked, content_type="application/json", headers=once)
        assert response.status_code == 201

    for _ in range(3):  # the definition, prepared statements
        begin()
    with CaptureQueriesContext(connection) as sent:
        begin()
    statements = [one["sql"] for one in sent.captured_queries]
    found = sum("SAVEPOINT" not in sql and "set_config" not in sql for sql in statements)
    work = round(instructions(begin) / 1000)
    assert found <= START[0], statements
    assert work <= START[1] * SLACK, work
