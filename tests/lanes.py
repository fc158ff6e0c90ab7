"""One workflow of one client, run in this process against a real shop and mail server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import override_settings

from approvals.decisions.services import Choice, decide
from approvals.models import Decision, Permit, Proposal, ReviewItem
from audit import outbox
from audit.models import Event
from tenants import clock
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.world import REQUEST, Client, World, make_world
from workflows.models import Call, Run, StepRun, Workflow
from workflows.services import exceptions
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

SMTP = "django.core.mail.backends.smtp.EmailBackend"
NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class Lane:
    """Everything a test of a run needs at hand, inside the client's scope."""

    world: World
    client: Client
    shop: HttpSink
    post: SmtpSink
    workflow: Workflow = field(init=False)

    def __post_init__(self) -> None:
        self.workflow = self.client.workflow

    # -- Doing -------------------------------------------------------------------------

    def use(self, text: str) -> Workflow:
        """Make another workflow of the client's and work with it."""
        actor = self.world.staff(self.client)
        self.workflow = make_workflow(text=text, owner=self.client.owner, actor=actor)
        return self.workflow

    def start(self, **changes: Any) -> Run:
        """Start a run with the usual request, changed, and go as far as it goes."""
        given = REQUEST | changes
        actor = self.client.actor()
        run, _ = start_run(self.workflow, input=given, trigger="api", actor=actor)
        outbox.drain()
        return Run.objects.get(pk=run.pk)

    def decide(
        self, choice: str = "accept", *, item: ReviewItem | None = None, **more: Any
    ) -> Decision:
        """Decide the one waiting item as the owner and go as far as it goes."""
        decision = self.say(choice, item=item, **more)
        outbox.drain()
        return decision

    def say(
        self,
        choice: str = "accept",
        *,
        item: ReviewItem | None = None,
        actor: Actor | None = None,
        **more: Any,
    ) -> Decision:
        """Decide, and let nothing follow yet."""
        found = item or self.item()
        chosen = Choice(choice, content_hash=found.content_hash, **more)
        return decide(found.pk, chosen, actor=actor or self.client.actor())

    def resolve(self, way: str, *, words: str = "", **given: Any) -> Decision:
        """Resolve the one waiting exception as the owner and go as far as it goes."""
        found = self.exception()
        chosen = Choice("resolve", found.content_hash, reason=way, words=words, given=given)
        decision = exceptions.resolve(found, chosen, actor=self.client.actor())
        outbox.drain()
        return decision

    def pass_time(self, **by: float) -> None:
        """Move the clock on and do what has come due."""
        clock.pass_time(timedelta(**by))
        outbox.drain()

    # -- Looking -----------------------------------------------------------------------

    def item(self) -> ReviewItem:
        """The one item that waits, exceptions aside."""
        return ReviewItem.objects.exclude(kind="exception").get(status="waiting")

    def exception(self) -> ReviewItem:
        """The one exception that waits."""
        return ReviewItem.objects.get(kind="exception", status="waiting")

    def run(self) -> Run:
        return Run.objects.latest("id")

    def steps(self) -> dict[str, str]:
        """Status of each live step of the newest run."""
        rows = StepRun.objects.filter(run=self.run(), replaced_at=None)
        return dict(rows.values_list("name", "status"))

    def note(self, step: str) -> str:
        return StepRun.objects.get(run=self.run(), replaced_at=None, name=step).note

    def proposals(self) -> dict[str, Proposal]:
        """The newest proposal of each step, undos aside."""
        return {p.step: p for p in Proposal.objects.filter(is_undo=False).order_by("id")}

    def statuses(self) -> dict[str, str]:
        return {step: p.status for step, p in self.proposals().items()}

    def undo_statuses(self) -> dict[str, str]:
        """Status of the newest undo of each step."""
        undos = Proposal.objects.filter(is_undo=True).order_by("id")
        return dict(undos.values_list("step", "status"))

    def permits(self) -> list[str]:
        return sorted(Permit.objects.values_list("status", flat=True))

    def calls(self, kind: str) -> list[Call]:
        return list(Call.objects.filter(kind=kind).order_by("id"))

    def verbs(self) -> list[str]:
        """What the record says, oldest first."""
        return list(Event.objects.order_by("id").values_list("verb", flat=True))

    def tenant(self) -> Tenant:
        return Tenant.objects.get(pk=self.client.tenant.pk)


@contextmanager
def open_lane() -> Iterator[Lane]:
    """A lane at noon of a Tuesday, in Harbor's scope; its mail and refunds go to real servers."""
    with HttpSink() as shop, SmtpSink() as post, clock.at(NOON):
        world = make_world(shop=shop.host)
        # pytest-django puts mail into a list; these mails go over a wire.
        mail = {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": post.port}
        with override_settings(**mail), tenant_scope(world.harbor.tenant.pk):
            yield Lane(world, world.harbor, shop, post)
