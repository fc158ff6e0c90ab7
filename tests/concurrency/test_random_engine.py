"""Deliveries, crashes, decisions, timers and switches in any order: every promise holds.

Hypothesis looks for an order that breaks one and shrinks it. The long version, with
HANDRAIL_LONG_TESTS=1, tries many more.
"""

from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from approvals.decisions.services import Choice, decide
from approvals.models import Permit, Proposal, ReviewItem
from audit import outbox
from audit.models import Outbox
from audit.services.seals import first_broken, seal
from audit.worker import claims, handlers, inflight, loop, sweep
from tenants import clock
from tenants.errors import DomainError
from tenants.models import Membership, Source, Tenant
from tenants.scope import tenant_scope
from tenants.services.people import change_role
from tenants.services.tenants import resume_everything, stop_everything
from tenants.sources.services import add_revision
from tests import servers
from tests.concurrency.promises import ENDED, check_always, owed
from tests.conftest import _empty
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.lanes import NOON, SMTP
from tests.variants import LONG
from tests.world import DEFINITION, POLICY, REQUEST, Client, make_world
from workflows.engine.handlers import stalls
from workflows.models import Call, Run, StepRun, Workflow
from workflows.services import exceptions
from workflows.services.definitions import make_workflow, pause, unpause
from workflows.services.runs import cancel_run, pause_run, resume_run, start_run

EXAMPLES, STEPS = (300, 60) if LONG else (10, 30)

# The same lane, but it waits before it begins.
LATER = (
    DEFINITION.replace("workflow: refund-replies", "workflow: refund-later")
    .replace("title: Refund replies", "title: Refunds later")
    .replace("steps:\n", "steps:\n  - {name: rest, wait: {for: 30m}}\n")
    .replace("  - name: facts\n", "  - name: facts\n    needs: [rest]\n")
)
MOVING: tuple[Any, ...] = (Run, StepRun, Call, ReviewItem, Proposal, Permit)
WATCH = """
CREATE TABLE test_moves (what text, before text, after text);
CREATE FUNCTION test_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO test_moves VALUES (TG_TABLE_NAME, OLD.status, NEW.status);
  RETURN NEW;
END $$;
"""

HOW = (
    "all",
    "all",
    "together",
    "together",
    "together",
    "one",
    "one",
    "twice",
    "late",
    "slow",
    "before_call",
    "after_call",
    "after_call",
    "before_next",
    "before_next",
)
CHOICES = ("accept", "accept", "accept", "correct", "reject", "take_over", "resolve", "resolve")
SWITCHES = ("runs", "runs", "runs", "workflows", "everything", "policy", "approver")
some = st.integers(0, 10_000)  # which of those there are


class Engine(RuleBasedStateMachine):
    """Two clients with two workflows each, a shop, a mail server, and a clock that is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        _empty()
        self.shop = self.stack.enter_context(HttpSink())
        self.post = self.stack.enter_context(SmtpSink())
        mail = {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": self.post.port}
        self.stack.enter_context(override_settings(**mail))
        self.stack.enter_context(clock.at(NOON))
        self.world = make_world(shop=self.shop.host)
        self.clients = [self.world.harbor, self.world.quill]
        self.lanes = [self._lanes(client) for client in self.clients]
        stalls.begin_stall_checks()
        self.dropped: list[tuple[Any, Any]] = []
        self.delivered: list[UUID] = []
        self.started = 0
        self.halted: dict[UUID, int] = {}

    def _lanes(self, client: Client) -> list[Workflow]:
        with tenant_scope(client.tenant.pk):
            actor = self.world.staff(client)
            later = make_workflow(text=LATER, owner=client.owner, actor=actor)
        return [client.workflow, later]

    # -- Doing -----------------------------------------------------------------------------

    @initialize(count=st.integers(1, 4), drained=st.booleans())
    def begin(self, count: int, drained: bool) -> None:
        for number in range(count):
            self.start(number, number // 2)
        if drained:
            outbox.drain()

    @rule(who=some, which=some)
    def start(self, who: int, which: int) -> None:
        client = self.clients[who % 2]
        self.started += 1
        subject = f"Broken lamp {self.started}"
        with tenant_scope(client.tenant.pk):
            workflow = self.lanes[who % 2][which % 2]
            start_run(
                workflow,
                input=REQUEST | {"subject": subject},
                trigger="api",
                actor=client.actor(),
            )

    def _due(self, which: int) -> UUID | None:
        rows = sweep.due_rows(None)
        return rows[which % len(rows)] if rows else None

    @rule(which=some, how=st.sampled_from(HOW))
    def deliver(self, which: int, how: str) -> None:
        """Messages come: for everything, one row, twice, late, to workers that die or are slow."""
        row_id = self._due(which)
        if how == "all":
            outbox.drain()
        elif how == "together":
            self._turns(which % 4)
        elif how == "late" and self.delivered:
            outbox.handle(self.delivered[which % len(self.delivered)])
        elif how == "slow" and self.dropped:
            self._come_back(*self.dropped.pop(which % len(self.dropped)))
        elif row_id is not None and how in ("before_call", "after_call", "before_next"):
            self._crash(row_id, how)
        elif row_id is not None:
            self.delivered.append(row_id)
            for _ in range(2 if how == "twice" else 1):
                outbox.handle(row_id)

    def _turns(self, deaths: int) -> None:
        """Turns of several rows, written together; some workers die with their calls."""
        outbox.sweep_due()
        with suppress(claims.AtItsLimit):
            for number in range(4):
                turn = loop.begin(
                    lambda: claims.claim_batch(100, handlers.batch_sizes, handlers.lock_only)
                )
                jobs = [] if number < deaths else list(turn.jobs)
                while jobs:
                    landed = [outbox.CallResult(job, inflight.perform(job)) for job in jobs]
                    jobs = [job for job in loop.store_batch(landed) if job is not None]

    def _crash(self, row_id: UUID, place: str) -> None:
        turn = loop.begin(lambda: loop.claim_single(row_id))
        if not turn.jobs or place == "before_call":
            return
        job = turn.jobs[0]
        outcome = inflight.perform(job)
        if place == "after_call":
            self.dropped.append((job, outcome))
        else:
            loop.write_outcome(job, outcome)  # and the call that would follow is never made

    def _come_back(self, job: Any, outcome: Any) -> None:
        """A worker thought dead was only slow: it writes if nobody has its row, else nothing."""
        following = loop.write_outcome(job, outcome)
        while following is not None:
            following = loop.carry_out(following)

    @rule(seconds=st.sampled_from([1, 5, 13, 61, 1801, 7200, 90_000]))
    def pass_time(self, seconds: int) -> None:
        clock.pass_time(timedelta(seconds=seconds))

    @rule(
        shop=st.sampled_from([200, 200, 503, 422, None]),
        post=st.sampled_from(["250 OK", "250 OK", "550 no", "451 later", None]),
    )
    def answer(self, shop: int | None, post: str | None) -> None:
        self.shop.status, self.post.answer = shop, post

    # -- People ----------------------------------------------------------------------------

    def _waiting(self, which: int, *, exceptions: bool) -> tuple[Client, UUID] | None:
        found: list[tuple[Client, UUID]] = []
        for client in self.clients:
            with tenant_scope(client.tenant.pk):
                rows = ReviewItem.objects.filter(status="waiting").order_by("id")
                rows = (
                    rows.filter(kind="exception") if exceptions else rows.exclude(kind="exception")
                )
                found += [(client, pk) for pk in rows.values_list("pk", flat=True)]
        return found[which % len(found)] if found else None

    @rule(which=some, choice=st.sampled_from(CHOICES), approver=st.booleans())
    def decide(self, which: int, choice: str, approver: bool) -> None:
        found = self._waiting(which, exceptions=choice == "resolve")
        if found is None:
            return
        client, item_id = found
        with suppress(DomainError), tenant_scope(client.tenant.pk):
            item = ReviewItem.objects.get(pk=item_id)
            actor = client.actor(client.approver if approver else None)
            if choice == "resolve":
                options = item.draft["options"]
                way = options[which % len(options)]
                given = {"to": str(client.owner.pk), "value": '{"ok": true}'}
                chosen = Choice(
                    choice, item.content_hash, reason=way, words="I looked.", given=given
                )
                exceptions.resolve(item, chosen, actor=actor)
                return
            chosen = Choice(
                choice,
                item.content_hash,
                reason="tone" if choice == "reject" else "",
                draft=f"Hi Mia, {which}." if choice == "correct" else None,
            )
            decide(item.pk, chosen, actor=actor)

    @rule(who=some, which=some, act=st.sampled_from(SWITCHES))
    def switch(self, who: int, which: int, act: str) -> None:
        client = self.clients[who % 2]
        with suppress(DomainError), tenant_scope(client.tenant.pk):
            getattr(self, f"_{act}")(client, self.lanes[who % 2], which)

    def _runs(self, client: Client, lanes: list[Workflow], which: int) -> None:
        runs = list(Run.objects.order_by("id").values_list("pk", flat=True))
        act = (pause_run, resume_run, resume_run, cancel_run)[which % 4]
        if runs:
            act(runs[which % len(runs)], actor=client.actor())

    def _workflows(self, client: Client, lanes: list[Workflow], which: int) -> None:
        workflow = Workflow.objects.get(pk=lanes[which % 2].pk)
        (unpause if workflow.paused_at else pause)(workflow, actor=client.actor())

    def _everything(self, client: Client, lanes: list[Workflow], which: int) -> None:
        stopped = Tenant.objects.get(pk=client.tenant.pk).stopped_at is not None
        (resume_everything if stopped else stop_everything)(actor=client.actor())
        self.halted.pop(client.tenant.pk, None)
        if not stopped:
            self.halted[client.tenant.pk] = self._effects(client)

    def _policy(self, client: Client, lanes: list[Workflow], which: int) -> None:
        policy = Source.objects.get(name="returns-policy")
        content = POLICY + f"\n## Change {which}\n\nAs of {clock.now()}.\n".encode()
        actor = self.world.staff(client)
        add_revision(policy, filename="returns.md", content=content, actor=actor)

    def _approver(self, client: Client, lanes: list[Workflow], which: int) -> None:
        member = Membership.objects.get(tenant=client.tenant, user=client.approver)
        role = "viewer" if member.role == "approver" else "approver"
        change_role(member.pk, role=role, actor=client.actor())

    # -- What must hold ----------------------------------------------------------------------

    def _effects(self, client: Client) -> int:
        """How often the world outside was asked to do something for a client. In its scope."""
        keys = {f"hr-{pk}" for pk in Proposal.objects.values_list("pk", flat=True)}
        return sum(n for key, n in self.shop.by_key.items() if key in keys) + sum(
            client.tenant.slug in message["from"] for message in self.post.messages
        )

    @invariant()
    def promises_hold(self) -> None:
        for client in self.clients:
            with tenant_scope(client.tenant.pk):
                check_always()
                if client.tenant.pk in self.halted:
                    assert self._effects(client) == self.halted[client.tenant.pk], "after a stop"
        redeemed = self._redeemed()
        assert {f"hr-{pk}" for pk in redeemed} >= set(self.shop.by_key), "without a permit"
        assert max(self.shop.effects_by_key.values(), default=0) <= 1

    def _redeemed(self) -> set[UUID]:
        found: set[UUID] = set()
        for client in self.clients:
            with tenant_scope(client.tenant.pk):
                permits = Permit.objects.filter(status="redeemed")
                found |= set(permits.values_list("proposal_id", flat=True))
        return found

    def teardown(self) -> None:
        try:
            if hasattr(self, "lanes"):
                self._come_to_rest()
        finally:
            self.stack.close()

    def _come_to_rest(self) -> None:
        """Release every switch, mend the world outside, and let time do the rest."""
        self.halted.clear()
        self.shop.status, self.post.answer = 200, "250 OK"
        for client, lanes in zip(self.clients, self.lanes, strict=True):
            with tenant_scope(client.tenant.pk):
                if Tenant.objects.get(pk=client.tenant.pk).stopped_at:
                    resume_everything(actor=client.actor())
                for lane in lanes:
                    if Workflow.objects.get(pk=lane.pk).paused_at:
                        unpause(lane, actor=client.actor())
                paused = list(Run.objects.exclude(paused_at=None).values_list("pk", flat=True))
                for run_id in paused:
                    resume_run(run_id, actor=client.actor())
        for _ in range(40):
            outbox.drain()
            clock.pass_time(timedelta(minutes=2))
        self.promises_hold()
        for client in self.clients:
            self._check_rest(client)
        self._check_moves()

    def _check_rest(self, client: Client) -> None:
        with tenant_scope(client.tenant.pk):
            assert Tenant.objects.get(pk=client.tenant.pk).stopped_at is None
            assert owed() == [], "something is still owed"
            assert not Outbox.objects.exclude(parked_at=None).exists(), "something was parked"
            assert not Call.objects.filter(status="intended").exists()
            asked = set(
                ReviewItem.objects.filter(status="waiting").values_list("run_id", flat=True)
            )
            for run in Run.objects.exclude(status__in=ENDED):
                assert run.pk in asked, "it neither ended nor waits for a person"
                said = ReviewItem.objects.filter(run_id=run.pk, status="waiting", kind="exception")
                assert "stood still" not in str([e.draft for e in said]), "it stood still"
            sent = Permit.objects.filter(status="redeemed", proposal__step="send")
            subjects = [args["subject"] for args in sent.values_list("proposal__args", flat=True)]
            for message in self.post.messages:
                if client.tenant.slug in message["from"]:
                    assert message["subject"] in subjects, "a mail nobody approved"
                    subjects.remove(message["subject"])
            seal()
        with tenant_scope(client.tenant.pk):
            assert first_broken() is None

    def _check_moves(self) -> None:
        with psycopg.connect(servers.super_url(servers.database())) as su:
            for model in MOVING:
                sql = "SELECT DISTINCT before, after FROM test_moves WHERE what = %s"
                for before, after in su.execute(sql, [model._meta.db_table]).fetchall():
                    allowed = model.MACHINE.follows[before]
                    assert after in allowed, f"{model.__name__}: {before} became {after}"


@pytest.fixture
def watched(committed: None) -> Any:
    """Every move of a status is written down by the database."""
    with psycopg.connect(servers.super_url(servers.database()), autocommit=True) as su:
        su.execute(WATCH)
        for model in MOVING:
            su.execute(
                f"CREATE TRIGGER test_moved AFTER UPDATE ON {model._meta.db_table} FOR EACH ROW "
                "WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION test_moved()"
            )
        yield
        su.execute("DROP FUNCTION test_moved() CASCADE; DROP TABLE test_moves")


def test_every_promise_holds_in_whatever_order_things_happen(watched: None) -> None:
    """D1, D2, D4, D6, A2, A4, A6, A7, L3, L8, T9 and the rest, mixed at random."""
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not LONG,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
