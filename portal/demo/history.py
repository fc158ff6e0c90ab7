"""Sample history of WEEKS weeks, made by running the sample workflows under a moved clock.

No row is written by hand: requests start runs, the engine drafts, people decide
through the services, effects reach the sample shop and mailbox. Random choices are
seeded, so that two fresh starts give the same history.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from approvals.policies.services import add_policy
from approvals.rules.policy_sentences import Names
from approvals.rules.policy_terms import Group, PolicyTerms
from audit import outbox
from audit.worker import wakeups
from portal import periodic
from portal.demo.agents import make_agent
from portal.demo.sample import SampleClient, definition, make_client, make_provider, sample_slugs
from tenants import access, clock
from tenants.errors import DomainError
from tenants.ids import uuid7
from tenants.models import Record, Source
from tenants.roles import Capability
from tenants.scope import tenant_scope
from tenants.sources.services import verify
from workflows.services.definitions import publish
from workflows.services.runs import start_run

WEEKS = 8
AGENTS_SINCE = timedelta(days=2)  # a process is started for each call of their MCP servers
EDITS = (
    ("Warmly,", "With apologies for the trouble,\n\nWarmly,"),
    ("Kind regards,", "Do ring us if that does not suit.\n\nKind regards,"),
    ("Regards,", "See you soon.\n\nRegards,"),
)
REASONS = ("missed_context", "missed_context", "wrong_facts", "tone", "not_needed")


@dataclass(order=True, slots=True)
class Moment:
    """Event of the history: call ``act`` at the time ``at``. ``order`` sorts equal times."""

    at: datetime
    order: int
    act: Callable[[], None] = field(compare=False)


def live_through(shop: str, *, tell: Callable[[str], None], weeks: int = WEEKS) -> None:
    """Make the sample clients as of some weeks ago and run their history up to now.

    ``shop`` is host:port of the sample shop; ``tell`` is called with a line for each week.
    """
    end = clock.now()
    start = end - timedelta(weeks=weeks)
    with wakeups.without_wakeups(), clock.at(start - timedelta(hours=1)):
        staff = make_provider()
        clients = [make_client(slug, staff, shop=shop, today=end.date()) for slug in sample_slugs()]
    _live_through(clients, start, end, tell)


def _live_through(
    clients: list[SampleClient], start: datetime, end: datetime, tell: Callable[[str], None]
) -> None:
    moments = sorted(m for c in clients for m in _moments(c, start, end))
    week, weeks = 0, (end - start).days // 7
    with wakeups.without_wakeups():
        for moment in moments:
            if (now := (moment.at - start).days // 7 + 1) != week:
                week = now
                tell(f"week {min(week, weeks)} of {weeks}")
            with clock.at(moment.at):
                moment.act()
                outbox.drain()


def _moments(client: SampleClient, start: datetime, end: datetime) -> Iterator[Moment]:
    dice = random.Random(client.tenant.slug)  # noqa: S311 - a sample, no secret
    number = 0
    for name, plan in client.requests.items():
        # The last three stay undecided, so that the review queue is not empty.
        begins = end - AGENTS_SINCE if name == client.settings["agent"] else start
        starts = sorted(at for at in _when(dice, start, end, plan["weekly"], client) if at > begins)
        for index, at in enumerate(starts):
            number += 1
            waits = index >= len(starts) - 3
            yield Moment(at, number, _starter(client, name, plan, dice.random(), waits))
    for name, change in client.settings.get("changes", {}).items():
        at = end - timedelta(days=change["days_ago"])
        yield Moment(at, 200_000, _publisher(client, name, change))
    yield Moment(end - timedelta(hours=4), 150_000, _policies(client))
    yield Moment(end - AGENTS_SINCE, 0, partial(make_agent, client))
    for day in range((end - start).days):
        at = start + timedelta(days=day, hours=5)
        yield Moment(at, 100_000 + day, _morning(client, end))


def _when(
    dice: random.Random, start: datetime, end: datetime, weekly: int, client: SampleClient
) -> Iterator[datetime]:
    """Yield start times in working hours; the last three lie in the last three hours."""
    zone = ZoneInfo(client.tenant.timezone)
    for week in range((end - start).days // 7):
        for _ in range(weekly + week // 3):
            day = start + timedelta(weeks=week, days=dice.choice((0, 1, 2, 3, 4)))
            local = day.astimezone(zone).replace(
                hour=dice.randint(8, 15), minute=dice.randint(0, 59)
            )
            if start < local < end - timedelta(hours=12):
                yield local.astimezone(end.tzinfo)
    for _ in range(3):
        yield end - timedelta(minutes=dice.randint(4, 180))


def _morning(client: SampleClient, end: datetime) -> Callable[[], None]:
    """Return the daily act: reports fall due, and the owner confirms sources."""

    def act() -> None:
        periodic.begin_periodic()
        with tenant_scope(client.tenant.pk):
            owner = access.actor_in(client.people[0], client.tenant)
            assert owner is not None
            ages = {s["name"]: s["verified_days_ago"] for s in client.settings["sources"]}
            for source in Source.objects.all():
                until = end - timedelta(days=ages[source.name])
                seen = source.verified_at or clock.now() - timedelta(days=365)
                if clock.now() <= until and clock.now() - seen > timedelta(days=6):
                    verify(source.pk, actor=owner)

    return act


def _publisher(client: SampleClient, name: str, change: dict[str, Any]) -> Callable[[], None]:
    """Return the act in which the provider's operator publishes a workflow's next version."""

    def act() -> None:
        with tenant_scope(client.tenant.pk):
            operator = access.actor_in(client.operator, client.tenant)
            assert operator is not None
            workflow = client.workflows[name]
            text = definition(client.tenant.slug, name).replace(change["from"], change["to"])
            publish(workflow, text=text, actor=operator, note=change["note"])

    return act


def _policies(client: SampleClient) -> Callable[[], None]:
    """Return the act in which the owner adds the policies; the last items wait under them."""

    def act() -> None:
        with tenant_scope(client.tenant.pk):
            owner = access.actor_in(client.people[0], client.tenant)
            assert owner is not None
            names = Names(people={user.pk: str(user) for user in client.people})
            for entry in client.settings.get("policies", []):
                add_policy(_terms(client, entry), names, actor=owner)

    return act


def _terms(client: SampleClient, entry: dict[str, Any]) -> PolicyTerms:
    by_email = {user.email: user.pk for user in client.people}
    groups = tuple(
        Group(tuple(g.get("roles", ())), tuple(by_email[e] for e in g.get("people", ())))
        for g in entry["groups"]
    )
    return PolicyTerms(
        uuid7(),
        1,
        groups,
        kind=entry["kind"],
        over=entry["over"],
        currency=client.tenant.currency,
        hours=entry["hours"],
    )


def _starter(
    client: SampleClient, name: str, plan: dict[str, Any], luck: float, waits: bool
) -> Callable[[], None]:
    dice = random.Random(f"{client.tenant.slug}{name}{luck}")  # noqa: S311 - a sample, no secret

    def act() -> None:
        with tenant_scope(client.tenant.pk):
            owner = access.actor_in(client.people[0], client.tenant)
            assert owner is not None
            given = _input(plan, dice)
            start_run(
                client.workflows[name],
                input=given,
                trigger="api" if "from" in given else "person",
                actor=owner,
                asked_by=given.get("from", ""),
            )
        outbox.drain()
        if not waits:
            clock.pass_time(timedelta(minutes=dice.randint(3, 150)))
            with tenant_scope(client.tenant.pk):
                _decide_all(client, dice)
            clock.pass_time(timedelta(minutes=1))  # until no decision can be taken back

    return act


def _input(plan: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    request = dict(dice.choice(plan["requests"]))
    if "record" not in plan:
        return request
    source = Source.objects.get(name=plan["record"])
    record = dice.choice(list(Record.objects.filter(revision=source.revision).order_by("key")))
    filled = {
        key: value.format(**record.data) if isinstance(value, str) else value
        for key, value in request.items()
    }
    return filled | {plan["key"]: record.key, "from": record.data["email"]}


def _decide_all(client: SampleClient, dice: random.Random) -> None:
    for item in ReviewItem.objects.filter(status="waiting", workflow_name__in=_titles(client)):
        if (clock.now() - item.opened_at) > timedelta(hours=4):
            continue  # an older item, left waiting for the queue
        try:
            decide(item.pk, _choice(item, dice), actor=_person(client, item, dice))
        except DomainError:
            continue  # the item expired or changed meanwhile


def _titles(client: SampleClient) -> list[str]:
    return [workflow.title for workflow in client.workflows.values()]


def _person(client: SampleClient, item: ReviewItem, dice: random.Random) -> Any:
    actors = [access.actor_in(user, client.tenant) for user in client.people]
    able = [a for a in actors if a and access.may(a, Capability.DECIDE, item.workflow_id)]
    return dice.choice(able)


def _choice(item: ReviewItem, dice: random.Random) -> Choice:
    luck, seconds = dice.random(), dice.randint(8, 160)
    if item.kind == "exception":
        return Choice("resolve", item.content_hash, reason="close", seconds=seconds)
    if luck < 0.08:
        reason = dice.choice(REASONS)
        return Choice("reject", item.content_hash, reason=reason, seconds=seconds)
    if luck < 0.1:
        return Choice("take_over", item.content_hash, seconds=seconds)
    edited = _edited(item.text_draft.words)
    if luck < 0.22 and edited:
        return Choice(
            "correct", item.content_hash, draft=edited, args=_args(item, edited), seconds=seconds
        )
    return Choice("accept", item.content_hash, seconds=seconds)


def _edited(text: str) -> str | None:
    for before, after in EDITS:
        if f"\n{before}" in text:
            return text.replace(before, after, 1)
    return None


def _args(item: ReviewItem, text: str) -> dict[int, dict[str, Any]]:
    """Return the corrected text for the argument that carries it, by position of the proposal."""
    return {
        proposal.position: {proposal.tool.prose_arg: text}
        for proposal in item.proposals.select_related("tool")
        if proposal.tool.prose_arg
    }
