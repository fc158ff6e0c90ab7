"""A step done once for each item of a list."""

from typing import Any

import pytest

from approvals.models import ReviewItem
from tests.fakes.model import MODEL, ModelServer, Reply
from tests.lanes import Lane
from tests.workflows.definition_kit import definition
from workflows.engine.advance.advance import advance
from workflows.engine.state.context import lock_context
from workflows.models import Call, StepRun
from workflows.services.runs import start_run

LINES = [{"sku": "lamp", "order": "10412"}, {"sku": "stool", "order": "10413"}, {"sku": "bookcase"}]
SCHEMA = "{type: object, required: [text], properties: {text: {type: string}}}"
WRITE = f"""
  - name: notes
    for_each: {{in: "input.lines", as: line, at_most: 4, at_once: 2}}
    generate:
      prompt: "Write about {{{{ line.sku }}}}, number {{{{ index }}}}."
      schema: {SCHEMA}
      model: {MODEL}
"""
READ = """
  - name: facts
    for_each: {in: "input.lines", as: line}
    retrieve: {query: "{{ line.sku }} damaged", records: {orders: "line.order"}}
"""


def about(request: dict[str, Any]) -> dict[str, str]:
    """An answer that repeats what was asked."""
    asked = request["messages"][1]["content"].split(".")[0]
    return {"text": asked.removeprefix("Write about ")}


@pytest.fixture
def model() -> Any:
    with ModelServer(about) as server, server.in_environment():
        yield server


def rows(lane: Lane, step: str) -> dict[int | None, str]:
    found = StepRun.objects.filter(run=lane.run(), name=step, replaced_at=None)
    return dict(found.values_list("item", "status"))


def output(lane: Lane, step: str) -> dict[str, Any]:
    found = StepRun.objects.get(run=lane.run(), name=step, replaced_at=None, item=None).output
    assert found is not None
    return found


def test_each_item_is_written_apart_and_outputs_come_in_order(
    lane: Lane, model: ModelServer
) -> None:
    after = """
  - name: one
    needs: [notes]
    if: "steps.notes.output.items[1].text == 'stool, number 1'"
    wait: {for: 1s}
"""
    lane.use(definition(WRITE + after))
    lane.start(lines=LINES)
    texts = [item["text"] for item in output(lane, "notes")["items"]]
    assert texts == ["lamp, number 0", "stool, number 1", "bookcase, number 2"]
    assert rows(lane, "notes") == {None: "done", 0: "done", 1: "done", 2: "done"}
    assert rows(lane, "one") == {None: "waiting"}
    assert len(model.requests) == 3


def begun_by_a_worker_that_died(lane: Lane) -> None:
    """The first items are written down as begun, and then nothing happens."""
    given = {"lines": LINES}
    run, _ = start_run(lane.workflow, input=given, trigger="api", actor=lane.client.actor())
    context = lock_context(run.pk)
    assert context is not None
    assert advance(context) is not None


def test_no_more_than_at_once_are_begun_together(lane: Lane) -> None:
    lane.use(definition(WRITE))
    begun_by_a_worker_that_died(lane)
    assert rows(lane, "notes") == {None: "running", 0: "running", 1: "running"}
    assert Call.objects.filter(status="intended").count() == 2


def test_a_worker_that_dies_between_items_loses_none(lane: Lane, model: ModelServer) -> None:
    """D1. The rows say what is left to do."""
    lane.use(definition(WRITE))
    begun_by_a_worker_that_died(lane)
    lane.pass_time(minutes=10)
    assert rows(lane, "notes") == {None: "done", 0: "done", 1: "done", 2: "done"}
    assert len(model.requests) == 3


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (LINES + LINES, "has 6 items; this step takes 4 at most"),
        ("lamp", "no list"),
        ({"a": 1}, "no list"),
    ],
)
def test_too_long_a_list_and_no_list_are_exceptions_and_nobody_is_asked(
    lane: Lane, model: ModelServer, lines: Any, said: str
) -> None:
    lane.use(definition(WRITE))
    assert lane.start(lines=lines).status == "failed"
    assert said in lane.exception().draft["problem"]
    assert model.requests == []


def test_an_empty_list_is_done_at_once(lane: Lane) -> None:
    lane.use(definition(WRITE))
    assert lane.start(lines=[]).status == "done"
    assert output(lane, "notes") == {"items": []}


def test_one_failed_item_fails_the_step_once_and_trying_again_keeps_the_finished_ones(
    lane: Lane, model: ModelServer
) -> None:
    def answer(request: dict[str, Any]) -> Any:
        said = about(request)
        return Reply(400, "no") if "lamp" in said["text"] else said

    model.answers = answer
    lane.use(definition(WRITE))
    assert lane.start(lines=LINES).status == "failed"
    assert lane.exception().draft["problem"].startswith("Item 1 of 3: ")
    # The third never began: what is asked after a failure is money for nothing.
    assert rows(lane, "notes") == {None: "failed", 0: "failed", 1: "done"}
    model.answers = about
    asked = len(model.requests)
    lane.resolve("retry")
    assert len(model.requests) == asked + 2
    assert rows(lane, "notes") == {None: "done", 0: "done", 1: "done", 2: "done"}
    assert ReviewItem.objects.filter(kind="exception").count() == 1


def test_every_draft_of_a_list_goes_before_a_person_and_a_correction_lands_in_its_place(
    lane: Lane, model: ModelServer
) -> None:
    lane.use(definition(WRITE, rung="draft_only"))
    assert lane.start(lines=LINES).status == "waiting"
    items = list(ReviewItem.objects.filter(status="waiting").order_by("id"))
    assert [item.draft["text"] for item in items] == [
        "lamp, number 0",
        "stool, number 1",
        "bookcase, number 2",
    ]
    lane.decide("correct", item=items[1], draft="A stool.")
    lane.decide(item=items[0])
    assert lane.run().status != "done"
    lane.decide(item=items[2])
    assert [item["text"] for item in output(lane, "notes")["items"]][1] == "A stool."
    assert lane.run().status == "done"


def test_what_each_item_read_is_evidence_and_can_be_cited(lane: Lane) -> None:
    steps = (
        READ
        + f"""
  - name: reply
    needs: [facts]
    generate: {{prompt: "Answer.", schema: {SCHEMA}, cite: facts, template: "Hi.\\n[[best 1]]"}}
  - name: send
    needs: [reply]
    act:
      tool: mail.send
      args: {{to: "input.from", subject: "'Re'", body: "steps.reply.output.text"}}
"""
    )
    lane.use(definition(steps))
    lane.start(lines=LINES)
    read = output(lane, "facts")
    assert [item["records"].get("orders", {}).get("customer") for item in read["items"]] == [
        "Mia Chen",
        "Theo Lang",
        None,
    ]
    pieces = [piece["piece"] for piece in read["found"]]
    assert len(set(pieces)) == len(pieces) > 2
    assert [piece["n"] for piece in read["found"]] == list(range(1, len(pieces) + 1))
    revisions = {piece["revision"] for piece in read["found"]}
    assert set(lane.proposals()["send"].sources) == revisions
    lane.decide()
    assert lane.run().status == "done"
