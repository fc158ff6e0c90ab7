"""Clients with one of everything, so that every address has something to point at."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from approvals.decisions.services import Choice, decide
from approvals.gate.never_rules import add_rule
from approvals.models import (
    Absence,
    Comment,
    ItemRevision,
    Looking,
    NeverRule,
    Planted,
    Policy,
    ReviewItem,
    SecondLook,
    SignOff,
    Snooze,
    Tool,
)
from approvals.rules.never import Rule
from audit import outbox
from audit.models import Event
from portal.notices.models import Device, Notice, Told
from portal.reports.make import make_report
from portal.review.queue.saved_filters import save_filter
from tenants import clock
from tenants.actors import Actor
from tenants.ids import uuid7
from tenants.models import ApiKey, Assignment, Membership, Passage, Record, Source, SourceReading
from tenants.scope import tenant_scope
from tenants.services.keys import SCOPES, make_key, set_secret
from tenants.services.people import invite
from tenants.services.tenants import change_tenant
from tenants.sources.services import add_revision, add_source
from tests.fakes.doors import allow
from tests.workflows.openapi.shop_document import one_operation, operations_of
from tests.world import DEFINITION, POLICY, REQUEST, Client, World
from workflows.mcp.servers import add_server
from workflows.models import (
    Arrival,
    Budget,
    BudgetPeriod,
    Call,
    CallPicture,
    Drill,
    FormPreview,
    ImportedDocument,
    ImportedOperation,
    InboundMail,
    Mailbox,
    McpServer,
    Run,
    Version,
    Workflow,
)
from workflows.oauth.services import add_connection
from workflows.openapi.fetched import key_hash
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run
from workflows.triggers.mail.mailboxes import add_mailbox


@dataclass(slots=True)
class Things:
    """A client, and the name or id of one of each kind of thing it has."""

    client: Client
    key: str
    ids: dict[str, str]

    @property
    def slug(self) -> str:
        return self.client.tenant.slug

    def events(self) -> int:
        """How many lines its record has: unchanged where nothing was done."""
        with tenant_scope(self.client.tenant.pk):
            return Event.objects.count()


def furnish(world: World, client: Client, *, weeks_ago: int) -> Things:
    """One of everything; names, and the report's week, are this client's alone."""
    staff, owner = world.staff(client, world.admin), client.actor()
    only = f"only-{client.tenant.slug}"
    with tenant_scope(client.tenant.pk):
        mailbox = _mailbox(client, only, staff)
        mail = f"{{mailbox: {only}, input: {{order_id: '10412'}}}}"
        text = f"on: {{mail: {mail}}}\n{DEFINITION.replace('refund-replies', only)}"
        lane = make_workflow(text=text, owner=client.owner, actor=staff)
        source = add_source(
            name=only, title="Only here", kind="document", owner=client.owner, actor=staff
        )
        for content in (POLICY.replace(b"30 days", b"20 days"), POLICY):
            add_revision(source, filename="only.md", content=content, actor=staff)
        SourceReading.objects.create(
            source=source,
            filename=f"next-{only}.pdf",
            content=b"",
            added_by=client.owner,
            problem="It is locked with a password.",
        )
        run, _ = start_run(lane, input=REQUEST, trigger="api", actor=owner)
        outbox.drain()
        decided = ReviewItem.objects.get(run_id=run.pk)
        decide(decided.pk, Choice("accept", decided.content_hash), actor=owner)
        look = _looked_after(client, decided)
        item = _waiting(client, lane, owner)
        today = clock.now().date()
        monday = today - timedelta(days=today.weekday(), weeks=weeks_ago)
        report = make_report(monday)
        _, key = make_key(name="shop", scopes=list(SCOPES), actor=owner)
        ids = {
            "workflow": lane.slug,
            "workflow_id": str(lane.pk),
            "version": str(Version.objects.get(workflow=lane).pk),
            "source": source.name,
            "source_id": str(source.pk),
            "passage": str(Passage.objects.filter(revision__source=source)[0].pk),
            "record": str(Record.objects.all()[0].pk),
            "run": str(item.run_id),
            "picture": str(_picture(item).pk),
            "item": str(item.pk),
            "proposal": str(_previewed(item).proposal_id),
            "decided": str(decided.pk),
            "look": str(look.pk),
            "content_hash": item.content_hash,
            "week": report.week.isoformat(),
            "membership": str(Membership.objects.get(tenant=client.tenant, user=client.viewer).pk),
            "assignment": str(Assignment.objects.filter(tenant=client.tenant)[0].pk),
            "person": str(client.viewer.pk),
            "owner": str(client.owner.pk),
            "policy": str(Policy.objects.get().pk),
            "budget": str(_budget(run)),
            "absence": str(Absence.objects.get().pk),
            "invitation": str(invite(email=f"new@{only}.example", role="viewer", actor=owner).pk),
            "api_key": str(ApiKey.objects.get().pk),
            "filter": str(save_filter(name=only, state={"due": "today"}, actor=owner).pk),
            "tool": str(Tool.objects.all()[0].pk),
            "rule": str(add_rule(Rule(kind="send"), actor=staff).pk),
            "secret": str(set_secret(name="shop-key", value="s3cret", actor=staff).pk),
            "secret_name": set_secret(name=f"key-of-{only}", value="s3cret", actor=staff).name,
            "connection": _connection(f"to-{only}", staff),
            "mailbox": mailbox.name,
            "server": _server(client, only, staff).name,
            "document": _document(only),
            "tenant": str(client.tenant.pk),
            "device": str(_notices(client, item).pk),
        }
        assert NeverRule.objects.count() == 1
        assert Source.objects.filter(name=only).exists()
    return Things(client, key, ids)


def _waiting(client: Client, lane: Workflow, owner: Actor) -> ReviewItem:
    """An item that waits, which somebody put off, of a run that an event came for."""
    run, _ = start_run(lane, input={**REQUEST, "n": 2}, trigger="api", actor=owner)
    outbox.drain()
    item = ReviewItem.objects.get(run_id=run.pk)
    Snooze.objects.create(item=item, person=client.viewer, until=item.due_at)
    Looking.objects.create(item=item, person=client.viewer, since=clock.now(), seen_at=clock.now())
    Comment.objects.create(item=item, by=client.viewer, text="Is it so?", asks=[])
    _policies(client, item)
    Drill.objects.create(workflow=lane, version=run.version, ended_at=clock.now())
    Arrival.objects.create(run=run, name="paid", sent_by="shop", content_hash="0" * 64)
    return item


def _notices(client: Client, item: ReviewItem) -> Device:
    """How somebody hears of items, that they did, and on what; the device is the owner's."""
    notice = Notice.objects.create(kind="item", key="told", to="a@b.example", object_id=item.pk)
    Told.objects.create(person=client.viewer, item=item, notice=notice)
    key = {"p256dh": "k", "auth": "a"}
    return Device.objects.create(person=client.owner, label="phone", endpoint="https://x", **key)


def _looked_after(client: Client, decided: ReviewItem) -> SecondLook:
    """A second look at what was decided, and a planted item that was withdrawn."""
    Planted.objects.create(
        item=decided,
        source=decided,
        planted_by=client.owner,
        mistake="No mistake",
        outcome="closed",
    )
    return SecondLook.objects.create(
        item=decided,
        workflow_id=decided.workflow_id,
        due_at=clock.now() + timedelta(days=7),
        choice="accept",
        by=client.approver,
        at=clock.now(),
    )


def _budget(run: Run) -> UUID:
    """A budget of each run, with what was counted in this one."""
    made = Budget.objects.create(unit="calls", period="run", most=1000, set_by="Olive")
    BudgetPeriod.objects.create(budget=made, run=run)
    return made.pk


def _policies(client: Client, item: ReviewItem) -> None:
    """One row of each table that says who decides; the policy fits nothing that is asked."""
    Policy.objects.create(
        position=1,
        workflow_id=uuid7(),
        currency="USD",
        groups=[{"roles": ["owner"], "people": [], "needed": 1}],
        made_by=client.owner,
    )
    today = clock.now().date()
    Absence.objects.create(person=client.viewer, first=today, last=today)
    seen = {"item": item, "content_hash": item.content_hash}
    SignOff.objects.create(**seen, by=client.viewer, role="viewer")
    ItemRevision.objects.create(**seen, number=1, changed_by=client.viewer)


def _mailbox(client: Client, name: str, actor: Actor) -> Mailbox:
    """A mailbox where nobody answers."""
    nowhere = "127.0.0.1:1"
    if nowhere not in client.tenant.allowed_hosts:
        allow(nowhere)
        hosts = [*client.tenant.allowed_hosts, nowhere]
        change_tenant(client.tenant, actor=actor, allowed_hosts=hosts)
    made = add_mailbox(
        name=name,
        address=f"mail@{name}.example",
        host="127.0.0.1",
        port=1,
        security="none",
        username="mail",
        password="s3cret",
        actor=actor,
    )
    InboundMail.objects.create(mailbox=made, uidvalidity=1, uid=1, outcome="ignored")
    return made


def _connection(name: str, actor: Actor) -> str:
    """A connection to the host that the mailbox is at, which nobody has connected."""
    made = add_connection(name=name, address="http://127.0.0.1:1/api", actor=actor)
    return str(made.secret.name)


def _picture(item: ReviewItem) -> CallPicture:
    """What a tool saw in a call of the item's run."""
    call = Call.objects.filter(run_id=item.run_id)[0]
    return CallPicture.objects.create(call=call, content=b"\xff\xd8 a page of this client's")


def _document(name: str) -> str:
    """A document that a worker has read."""
    document = ImportedDocument.objects.create(
        api=name.replace("-", "_")[:20],
        address="http://127.0.0.1:1/openapi.json",
        reading_since=None,
        read_at=clock.now(),
        title=f"The system of {name}",
    )
    described = one_operation({"responses": {}, "summary": f"Of {name}"})
    (operation,) = operations_of(described).values()
    ImportedOperation.objects.create(
        document=document,
        number=0,
        key_hash=key_hash(operation.key),
        words=operation.key,
        is_usable=True,
        value=operation.as_json(),
    )
    return document.api


def _previewed(item: ReviewItem) -> FormPreview:
    """The form of the item's first action as it was filled in."""
    content = b"\xff\xd8 a form of this client's"
    return FormPreview.objects.create(proposal=item.proposals.all()[0], content=content)


def _server(client: Client, name: str, actor: Actor) -> McpServer:
    """A server where nobody answers, at the host that the mailbox is at."""
    named = name.replace("-", "_")[:20]
    return add_server(name=named, title=name, address="http://127.0.0.1:1/mcp", actor=actor)
