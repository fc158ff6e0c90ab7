"""Branches run at the same time and are joined by needs, as people know it from CI."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from audit import outbox
from audit.worker import wakeups
from tenants.scope import tenant_scope
from tests.fakes.model import MODEL, ModelServer, Reply
from tests.lanes import Lane
from tests.workflows.definition_kit import definition
from tests.world import REQUEST, make_world
from workflows.models import StepRun
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

SCHEMA = "{type: object, required: [text], properties: {text: {type: string}}}"


def writes(name: str, prompt: str, needs: str = "", if_: str = "") -> str:
    condition = f'\n    if: "{if_}"' if if_ else ""
    return f"""
  - name: {name}
    needs: [{needs}]{condition}
    generate: {{prompt: "{prompt}.", schema: {SCHEMA}, model: {MODEL}}}"""


LEFT, RIGHT = writes("left", "Left"), writes("right", "Right")
JOIN = writes(
    "join", "Both: {{ steps.left.output.text }} {{ steps.right.output.text }}", "left, right"
)


def asked(request: dict[str, Any]) -> str:
    return str(request["messages"][1]["content"].split(".")[0])


@pytest.mark.usefixtures("committed")
def test_two_branches_are_in_flight_together_and_a_third_step_joins_them() -> None:
    together = threading.Barrier(2, timeout=20)

    def answer(request: dict[str, Any]) -> Any:
        said = asked(request)
        if said in ("Left", "Right"):
            together.wait()  # neither is answered before both were asked
        return {"text": said.lower()}

    world = make_world()
    client = world.harbor
    with tenant_scope(client.tenant.pk), wakeups.without_wakeups():
        text = definition(LEFT + RIGHT + JOIN)
        workflow = make_workflow(text=text, owner=client.owner, actor=world.staff(client))
        start_run(workflow, input=REQUEST, trigger="api", actor=client.actor())

    def work(_: int) -> None:
        try:
            for _ in range(40):
                outbox.drain()
                if len(model.requests) == 3:
                    return
                threading.Event().wait(0.25)
        finally:
            connections.close_all()

    with ModelServer(answer) as model, model.in_environment(), wakeups.without_wakeups():
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(2)))
        outbox.drain()
    assert not together.broken
    assert sorted(map(asked, model.requests[:2])) == ["Left", "Right"]
    assert asked(model.requests[2]) == "Both: left right"
    with tenant_scope(client.tenant.pk):
        done = dict(StepRun.objects.values_list("name", "status"))
    assert done == {"left": "done", "right": "done", "join": "done"}


@pytest.fixture
def model() -> Any:
    with (
        ModelServer(lambda request: {"text": asked(request)}) as server,
        server.in_environment(),
    ):
        yield server


def test_a_branch_left_out_by_its_condition_does_not_stop_the_join(
    lane: Lane, model: ModelServer
) -> None:
    left_out = writes("right", "Right", if_="input.subject == 'no'")
    lane.use(definition(LEFT + left_out + writes("join", "Both", "left, right")))
    lane.start()
    assert lane.steps() == {"left": "done", "right": "skipped", "join": "done"}


def test_a_branch_that_failed_skips_the_join_and_what_comes_after_it(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = lambda r: Reply(400) if asked(r) == "Right" else {"text": asked(r)}
    after = "\n  - {name: after, needs: [join], wait: {for: 1s}}"
    lane.use(definition(LEFT + RIGHT + JOIN + after))
    lane.start()
    assert lane.steps() == {
        "left": "done",
        "right": "failed",
        "join": "skipped",
        "after": "skipped",
    }
    model.answers = lambda r: {"text": asked(r)}
    lane.resolve("retry")
    assert lane.steps() == {"left": "done", "right": "done", "join": "done", "after": "waiting"}
    assert [asked(r) for r in model.requests].count("Left") == 1
