"""A sealed run goes through the engine, and nothing of it is ever kept or done."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.models import Decision, Permit, Proposal, ReviewItem
from audit.models import Event, Outbox
from tenants import clock
from tenants.errors import Conflict, Refused
from tenants.ids import uuid7
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from workflows.engine.calls import journal
from workflows.engine.calls.sealed_answers import SealedQuestion
from workflows.engine.state.context import read_context
from workflows.models import Call, Circuit, Run, StepRun, Version
from workflows.sealed.play import play, runs_of
from workflows.sealed.recorded import former_run, recorded_world
from workflows.services import definitions


def version_of(lane: Lane) -> Version:
    assert lane.workflow.live is not None
    return lane.workflow.live


def played(lane: Lane, look: Any, world: Any = None) -> Any:
    version = version_of(lane)
    recorded, given = recorded_world(version, former_run(version))
    return play(version, given, purpose="drill", world=world or recorded, look=look)


def test_a_sealed_run_goes_through_the_engine_to_its_end(lane: Lane) -> None:
    lane.start()
    lane.decide()
    seen = played(
        lane,
        lambda run: (
            run.status,
            dict(StepRun.objects.filter(run=run).values_list("name", "status")),
            sorted(Call.objects.filter(run=run).values_list("name", "status")),
            run.purpose,
        ),
    )
    assert seen[0] == "done"
    assert seen[1] == {"facts": "done", "reply": "done", "refund": "done", "send": "done"}
    assert {status for _, status in seen[2]} == {"done"}
    assert seen[3] == "drill"


def test_nothing_of_it_stays_and_nothing_outside_is_called(lane: Lane) -> None:
    models = (Run, StepRun, Call, ReviewItem, Proposal, Decision, Permit, Event, Outbox)
    before = [one.objects.count() for one in models]
    refunds, mails = len(lane.shop.requests), len(lane.post.messages)
    acted = played(lane, lambda run: Proposal.objects.filter(run_id=run.pk, status="executed"))
    assert not list(acted)  # asked after it was rolled back
    assert [one.objects.count() for one in models] == before
    assert (len(lane.shop.requests), len(lane.post.messages)) == (refunds, mails)


def test_it_acts_without_a_permit_on_answers_alone(lane: Lane) -> None:
    seen = played(
        lane,
        lambda run: (
            sorted(Proposal.objects.filter(run_id=run.pk).values_list("status", flat=True)),
            Permit.objects.filter(proposal__run_id=run.pk).count(),
        ),
    )
    assert seen == (["executed", "executed"], 0)


def test_it_can_be_given_no_permit_and_redeem_none(lane: Lane) -> None:
    """The eval, the drill, whoever: the database refuses, whatever the code asks for."""

    def give(run: Run) -> str:
        proposal = Proposal.objects.filter(run_id=run.pk).latest("id")
        permit = Permit(
            id=uuid7(),
            proposal=proposal,
            decision=Decision.objects.get(item_id=proposal.item_id),
            tool_name=proposal.tool_name,
            tool_version=proposal.tool_version,
            args_hash=proposal.args_hash,
            policy="",
            approver_id=lane.client.owner.pk,
            expires_at=clock.now(),
        )
        said = "only a run for work has permits"
        with pytest.raises(IntegrityError, match=said), transaction.atomic():
            permit.save(force_insert=True)
        return "tried"

    assert played(lane, give) == "tried"


def test_a_permit_of_work_can_not_be_turned_to_a_sealed_run(lane: Lane) -> None:
    lane.start()
    lane.say()
    kept = Permit.objects.filter(status="open").latest("id")

    def turn(run: Run) -> str:
        mine = Proposal.objects.filter(run_id=run.pk).latest("id")
        said = "only a run for work has permits"
        with pytest.raises(IntegrityError, match=said), transaction.atomic():
            Permit.objects.filter(pk=kept.pk).update(proposal=mine)
        return "tried"

    assert played(lane, turn) == "tried"


def test_its_calls_have_no_request_that_an_adapter_could_carry_out(lane: Lane) -> None:
    def ask(run: Run) -> str:
        call = Call.objects.filter(run=run, kind="tool").latest("id")
        proposal = Proposal.objects.select_related("tool").get(pk=call.request["proposal"])
        context = read_context(run.pk)
        with pytest.raises(Refused, match="sealed"):
            journal.tool_request(context, call, proposal.tool, proposal.args)
        return "tried"

    assert played(lane, ask) == "tried"


def test_a_run_that_nobody_answers_makes_no_call(lane: Lane) -> None:
    """Without an answerer there is none to fall back on."""
    with transaction.atomic():
        context = read_context(sealed_row(lane).pk)
        transaction.set_rollback(True)
    call = Call(id=uuid7(), run=context.run, kind="model", name="openai/any")
    with pytest.raises(Refused, match="none of its calls is made"):
        journal.model_job(None, context, call)  # type: ignore[arg-type]


def checked_as_at_a_commit(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def sealed_row(lane: Lane) -> Run:
    return Run.objects.create(
        workflow=lane.workflow,
        version=version_of(lane),
        trigger="person",
        asked_by="x",
        input_hash="",
        purpose="drill",
    )


def test_the_database_refuses_to_commit_one(lane: Lane) -> None:
    with pytest.raises(IntegrityError, match="never committed"), transaction.atomic():
        checked_as_at_a_commit(sealed_row(lane))


def test_a_purpose_never_changes(lane: Lane) -> None:
    run = lane.start()
    with pytest.raises(IntegrityError, match="its purpose never changes"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(purpose="drill")


def test_a_run_for_work_is_not_played(lane: Lane) -> None:
    version = version_of(lane)
    world, given = recorded_world(version, None)
    with pytest.raises(ValueError, match="for work"):
        play(version, given, purpose="work", world=world, look=lambda run: run)


def test_what_it_hands_over_is_sealed_too(lane: Lane) -> None:
    slug = lane.workflow.slug
    lane.use(
        definition(
            f"""
  - name: part
    handoff:
      workflow: {slug}
      input:
        message: "input.message"
        order_id: "'10412'"
        from: "'mia@customers.example'"
        subject: "'Broken'"
""",
            slug="hands",
        )
    )
    seen = played(
        lane,
        lambda run: [(one.purpose, one.status) for one in Run.objects.filter(pk__in=runs_of(run))],
    )
    assert seen == [("drill", "done"), ("drill", "done")]


def test_waits_are_moved_up_and_events_come_from_the_world(lane: Lane) -> None:
    lane.use(
        definition(
            """
  - name: later
    wait: {for: 3d}
  - name: told
    needs: [later]
    wait: {event: parcel.arrived, deadline: 5d}
"""
        )
    )
    seen = played(lane, lambda run: (run.status, clock.now()))
    assert seen == ("done", clock.now())


class Counted:
    """A world that counts what it is asked."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.asked = inner, list[str]()

    def answer(self, question: SealedQuestion) -> Any:
        self.asked.append(question.call.name)
        return self.inner.answer(question)

    def event(self, step: StepRun) -> dict[str, Any]:
        return self.inner.event(step)


def test_no_limit_budget_circuit_or_kept_answer_counts_it(lane: Lane) -> None:
    """Each of its calls is asked of the world, and only there."""
    recorded, given = recorded_world(version_of(lane), None)
    world = Counted(recorded)
    circuits = Circuit.objects.count()
    names = play(
        version_of(lane),
        given,
        purpose="drill",
        world=world,
        look=lambda run: list(
            Call.objects.filter(run=run).order_by("id").values_list("name", flat=True)
        ),
    )
    assert world.asked == names
    assert len(names) == 3
    assert Circuit.objects.count() == circuits


def test_of_a_list_the_first_items_are_done(lane: Lane) -> None:
    each = f"    for_each: {{in: '{list(range(40))}', as: one}}\n    generate:"
    lane.use(definition(REPLY.replace("    generate:", each), slug="listed"))
    calls = played(lane, lambda run: Call.objects.filter(run=run).count())
    assert calls == 3


def test_a_run_that_takes_too_long_is_given_up(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.sealed.play.MOST_SECONDS", 0)
    with pytest.raises(Conflict, match="or 0 seconds, so it was given up"):
        played(lane, lambda run: run)


def test_a_run_that_comes_to_no_end_is_given_up(lane: Lane) -> None:
    actor = lane.client.actor()
    definitions.pause(lane.workflow, actor=actor, reason="")
    with pytest.raises(Conflict, match="not over after"):
        played(lane, lambda run: run)
