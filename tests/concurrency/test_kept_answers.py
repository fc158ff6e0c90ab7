"""Answers that two workers keep at once are kept once each, and none waits for the other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections, transaction

from tenants.ids import uuid7
from tenants.scope import tenant_scope
from tests.world import Client, make_world
from workflows.engine.calls import kept_answers
from workflows.models import KeptAnswer

pytestmark = pytest.mark.usefixtures("committed")
VERSION = uuid7()


def context() -> Any:
    """As much of a run as says for how long its step keeps answers."""
    step = SimpleNamespace(settings=SimpleNamespace(reuse="1d"))
    return SimpleNamespace(
        definition=SimpleNamespace(step=lambda _: step),
        run=SimpleNamespace(version_id=VERSION, is_sealed=False),
    )


def call(asked: str) -> Any:
    return SimpleNamespace(
        pk=uuid7(),
        name="openai/scripted",
        step=SimpleNamespace(name="write"),
        request={"messages": [asked]},
        reused_from=None,
    )


def keep(client: Client, both: threading.Barrier, asked: str) -> None:
    """Keep the answers to these questions in one transaction, as results are stored."""
    try:
        with tenant_scope(client.tenant.pk), transaction.atomic():
            kept_answers.keep_answer(context(), call(asked[0]), {"text": asked[0]})
            with suppress(threading.BrokenBarrierError):
                both.wait(0.3)  # the other one may have to wait for this one
            kept_answers.keep_answer(context(), call(asked[1]), {"text": asked[1]})
    finally:
        connections.close_all()


def test_two_workers_keep_the_same_answers_in_another_order() -> None:
    client = make_world().harbor
    both = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(partial(keep, client, both), asked) for asked in ("ab", "ba")]:
            one.result(timeout=10)
    with tenant_scope(client.tenant.pk):
        assert KeptAnswer.objects.count() == 2
