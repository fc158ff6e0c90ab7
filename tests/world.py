"""The fixed characters of the tests: three clients, so that something could always leak."""

import re
from dataclasses import dataclass

from approvals.gate.tools import add_tool
from approvals.models import Tool
from portal.notices.models import NoticePreference
from tenants import access
from tenants.actors import Actor
from tenants.models import Assignment, Provider, Source, Tenant, User
from tenants.roles import STAFF_ROLES
from tenants.scope import tenant_scope
from tenants.services.people import add_member
from tenants.services.tenants import make_tenant
from tenants.sources.services import add_revision, add_source
from tests.fakes.doors import allow
from tests.snapshots import Snapshot, take
from workflows.models import Workflow
from workflows.services.definitions import make_workflow

PASSWORD = "correct horse battery staple"

POLICY = b"""# Returns policy

## Damaged items

Damaged items are refunded in full within 30 days of delivery. No return is needed.

## Change of mind

Unused items can be returned within 14 days. The customer pays the postage.
"""

ORDERS = b"""order_id,customer,email,item,total_cents,delivered_on
10412,Mia Chen,mia@customers.example,ceramic lamp,4820,14 November
10413,Theo Lang,theo@customers.example,oak stool,9900,15 November
10414,Rosa Osei,rosa@customers.example,bookcase,45000,16 November
"""

DEFINITION = """
workflow: refund-replies
title: Refund replies
rung: execute_with_approval
brief: {why: "Answer refund requests the same day."}
sources: [returns-policy, orders]
never:
  - {tool: shop.refund, if: "args.amount.value > 20000", why: "Dana handles large refunds."}
schemas:
  reply:
    type: object
    required: [text, refund]
    properties:
      text: {type: string}
      refund:
        type: object
        required: [value, currency]
        properties: {value: {type: integer}, currency: {const: USD}}
        x-from: orders.total_cents
        default: {value: 0, currency: USD}
steps:
  - name: facts
    retrieve: {query: "{{ input.message }}", records: {orders: "input.order_id"}}
  - name: reply
    needs: [facts]
    generate:
      prompt: "Answer the customer's message."
      schema: {$ref: reply}
      cite: facts
      template: |
        Hi [[orders.customer]],

        I'm sorry about that.
        [[best 1]]
        Your order [[orders.order_id]] was delivered on [[orders.delivered_on]].
        I've refunded [[money orders.total_cents]] to your card.
  - name: refund
    needs: [reply]
    if: "steps.reply.output.refund.value > 0"
    act:
      tool: shop.refund
      group: answer
      args:
        order: "input.order_id"
        customer: "records.orders.customer"
        amount: "steps.reply.output.refund"
  - name: send
    needs: [refund]
    act:
      tool: mail.send
      group: answer
      args: {to: "input.from", subject: "'Re: ' + input.subject", body: "steps.reply.output.text"}
"""

REQUEST = {
    "from": "mia@customers.example",
    "subject": "Broken lamp",
    "message": "My ceramic lamp arrived damaged and cracked. Can I get a refund?",
    "order_id": "10412",
}


@dataclass(slots=True)
class Client:
    """One tenant with its people and things."""

    tenant: Tenant
    owner: User
    approver: User
    viewer: User
    workflow: Workflow

    def actor(self, user: User | None = None) -> Actor:
        """What a person is here now; the owner if nobody is named."""
        found = access.actor_in(user or self.owner, self.tenant)
        assert found is not None
        return found


@dataclass(slots=True)
class World:
    """The provider's staff and three clients."""

    admin: User
    operator: User
    reviewer: User
    harbor: Client
    quill: Client
    sable: Client

    def staff(self, client: Client, user: User | None = None) -> Actor:
        """What a member of staff is in a client's tenant."""
        found = access.actor_in(user or self.operator, client.tenant)
        assert found is not None
        return found


# Worlds made in this process, each for tests at about its time.
_made: list["_Made"] = []


@dataclass(frozen=True, slots=True)
class _Made:
    """A world that was made, to be copied instead of made again."""

    world: World
    shop: str
    rows: Snapshot

    def copy(self, shop: str) -> World:
        """The same world as if made now, with this shop."""
        allow(shop)
        host = re.compile(re.escape(self.shop) + r"(?!\d)")
        new_id = self.rows.restore(lambda text: host.sub(shop, text))
        users = User.objects.in_bulk()
        tenants = Tenant.objects.in_bulk()
        made = self.world

        def client(old: Client) -> Client:
            tenant = tenants[new_id(old.tenant.pk)]
            people = (users[new_id(one.pk)] for one in (old.owner, old.approver, old.viewer))
            with tenant_scope(tenant.pk):
                workflow = Workflow.objects.get(pk=new_id(old.workflow.pk))
            return Client(tenant, *people, workflow)

        staff = (users[new_id(one.pk)] for one in (made.admin, made.operator, made.reviewer))
        return World(*staff, client(made.harbor), client(made.quill), client(made.sable))


def make_world(shop: str = "127.0.0.1:1") -> World:
    """Three clients alike. Staff look after Harbor and Quill; Sable is nobody's but the admin's.

    The first of a process is made by the services, those after it are copies of its rows.
    """
    if Provider.objects.exists() or User.objects.exists():
        return _make(shop)
    for made in _made:
        if made.rows.fits_now():
            return made.copy(shop)
    world = _make(shop)
    tenants = [world.harbor.tenant.pk, world.quill.tenant.pk, world.sable.tenant.pk]
    _made.append(_Made(world, shop, take(tenants)))
    return world


def _make(shop: str) -> World:
    Provider.objects.get_or_create(id=1, defaults={"name": "Northlight Operations"})
    staff = {role: _user(f"{role}@northlight.example", role.title(), role) for role in STAFF_ROLES}
    harbor = make_client("harbor-pine", "Harbor & Pine", staff, shop=shop)
    quill = make_client("quill-books", "Quill Books", staff, shop=shop)
    sable = make_client("sable-yoga", "Sable Yoga", {"admin": staff["admin"]}, shop=shop)
    return World(staff["admin"], staff["operator"], staff["reviewer"], harbor, quill, sable)


def _user(email: str, name: str, staff_role: str = "") -> User:
    user = User(email=email, name=name, is_staff=bool(staff_role), staff_role=staff_role)
    user.set_unusable_password()
    user.save()
    return user


def admin_actor(user: User) -> Actor:
    """A provider admin before a tenant exists."""
    role = STAFF_ROLES["admin"]
    return Actor("staff", user.pk, str(user), role.key, role.capabilities)


def make_client(slug: str, name: str, staff: dict[str, User], *, shop: str) -> Client:
    """One client with an owner, an approver, a viewer, sources, tools and a workflow."""
    actor = admin_actor(staff["admin"])
    allow(shop)
    tenant = make_tenant(
        slug=slug,
        name=name,
        actor=actor,
        allowed_hosts=[shop],
        sends_from=f"hello@{slug}.example",
        take_back_seconds=0,  # what follows a decision follows at once
    )
    for user in staff.values():
        Assignment.objects.create(tenant=tenant, user=user)
    people = [
        _user(f"{role}@{slug}.example", f"{role.title()} {name}")
        for role in ("owner", "approver", "viewer")
    ]
    for user, role in zip(people, ("owner", "approver", "viewer"), strict=True):
        add_member(tenant, user, role=role)
    with tenant_scope(tenant.pk):
        make_sources(people[0], actor)
        make_tools(actor, shop)
        workflow = make_workflow(text=DEFINITION, owner=people[0], actor=actor)
        owner = access.actor_in(people[0], tenant)
        assert owner is not None
        access.grant(workflow, people[1], actor=owner)
        # What a test's mail server gets is what the test is about.
        NoticePreference.objects.bulk_create(
            [NoticePreference(person=person, how="none") for person in people]
        )
    return Client(tenant, *people, workflow)


def make_sources(owner: User, actor: Actor) -> list[Source]:
    """A returns policy and orders, uploaded by staff and confirmed by their owner."""
    policy = add_source(
        name="returns-policy", title="Returns policy", kind="document", owner=owner, actor=actor
    )
    add_revision(policy, filename="returns.md", content=POLICY, actor=actor)
    orders = add_source(
        name="orders", title="Order", kind="records", key_field="order_id", owner=owner, actor=actor
    )
    add_revision(orders, filename="orders.csv", content=ORDERS, actor=actor)
    for source in (policy, orders):
        source.confirmed_by = owner
        source.save(update_fields=["confirmed_by"])
    return [policy, orders]


def make_tools(actor: Actor, shop: str) -> list[Tool]:
    """A refund over HTTP, and mail."""
    return [_refund_tool(actor, shop), _mail_tool(actor)]


def _refund_tool(actor: Actor, shop: str) -> Tool:
    money = {
        "type": "object",
        "required": ["value", "currency"],
        "properties": {"value": {"type": "integer", "minimum": 1}, "currency": {"type": "string"}},
    }
    return add_tool(
        name="shop.refund",
        title="Shop refund",
        adapter="http",
        effect="write",
        kind="refund",
        takes_key=True,
        undo_hours=24,
        actor=actor,
        settings={"url": f"http://{shop}/refunds"},
        args_schema={
            "type": "object",
            "required": ["order", "amount"],
            "properties": {
                "order": {"type": "string"},
                "customer": {"type": "string"},
                "amount": money,
            },
        },
        phrases={
            "title": "Refund {amount} to {customer}",
            "effect": "the shop refunds {amount} on order {order}",
            "button": "refund",
            "undo": "The refund can be undone for 24 hours",
        },
    )


def _mail_tool(actor: Actor) -> Tool:
    return add_tool(
        name="mail.send",
        title="E-mail",
        adapter="mail",
        effect="write",
        kind="send",
        actor=actor,
        prose_arg="body",
        args_schema={
            "type": "object",
            "required": ["to", "subject", "body"],
            "properties": {
                "to": {"type": "string", "format": "email"},
                "subject": {"type": "string", "maxLength": 200},
                "body": {"type": "string"},
            },
        },
        phrases={
            "title": "E-mail {to}: {subject}",
            "also": "tell them why",
            "effect": "this e-mail is sent to {to}",
            "button": "send",
            "undo": "the e-mail can't be unsent",
        },
    )
