"""Shapers of an item: the people who requested its run, or shaped its content before review.

A policy may keep them from approving the item.
"""

import re
from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import Q

from approvals.models import Decision, ItemRevision
from audit.models import Event
from audit.verbs import Verb
from tenants.mail.identity import mailbox_of
from tenants.models import ApiKey
from workflows.definitions.references import upstream
from workflows.engine.state import parents
from workflows.engine.state.context import Context
from workflows.exceptions.ways_out import WayOut
from workflows.models import Run

# Fields of a request that say who sent it.
SENDERS = ("from", "reply_to", "sender", "sent_by")
ADDRESS = re.compile(r"[^\s,]+@[^\s,]+")  # of sender and reply-to, in a run's asked_by
MOST_RERUNS = 20  # earlier runs that a run repeats, one after the other
PARENT_KINDS = {"handoff", "for_each"}


def shapers(context: Context) -> tuple[str, ...]:
    """Return ids of people and mailboxes of addresses, for ``ReviewItem.shaped_by``.

    Decisions in parent and child runs count, and those in runs that this run repeats, as far as
    it kept their steps. A run without such relatives costs two queries where one of its items was
    decided otherwise than accepted, and up to two where it has a wait step; else none.
    """
    upper = parents.parent_runs(context.run)
    found = [one for run in (context.run, *upper) for one in _requesters(run)]
    if runs := _runs_with_decisions(context, {run.pk for run in upper}):
        found += _editors(Q(item__run_id__in=runs))
    for former, kept in _repeated_runs(context):
        found += _editors(Q(item__run_id=former, item__draft__step__in=kept))
    if context.definition.of_kind("wait") or upper:
        found += _event_senders({context.run.pk, *(run.pk for run in upper)})
    return tuple(dict.fromkeys(found))


def _requesters(run: Run) -> Iterator[str]:
    yield from run.requested_by
    for one in (*ADDRESS.findall(run.asked_by), *(run.input.get(name) for name in SENDERS)):
        if isinstance(one, str) and "@" in one:
            yield mailbox_of(one)[:254]


def _runs_with_decisions(context: Context, upper: set[UUID]) -> set[UUID]:
    """Return the runs whose decisions may have shaped this one.

    They are its parents, their other child runs outside of lists, its own child runs and itself.
    """
    found = upper | _child_runs(upper, parent__item=None)
    if any(row.kind in PARENT_KINDS for row in context.steps.values()):
        found |= _child_runs({context.run.pk})
    said_here = any(
        item.choice not in ("", "accept") or item.status in ("expired", "cancelled")
        for item in context.items
    )
    return found | ({context.run.pk} if said_here else set())


def _child_runs(run_ids: Collection[UUID], **like: None) -> set[UUID]:
    """Return the runs that these runs handed over to, at any depth."""
    found: set[UUID] = set()
    layer = set(run_ids)
    while layer:
        rows = Run.objects.filter(parent__run_id__in=layer, **like)
        layer = set(rows.values_list("pk", flat=True)) - found
        found |= layer
    return found


def _repeated_runs(context: Context) -> Iterator[tuple[UUID, list[str]]]:
    """Yield each run that this run repeats, with the names of its steps that were kept."""
    run, definition = context.run, context.definition
    kept = {step.name for step in definition.steps}
    for _ in range(MOST_RERUNS):
        if run.rerun_of_id is None:
            return
        begun = run.rerun_from
        kept -= {name for name in kept if name == begun or begun in upstream(definition, name)}
        yield run.rerun_of_id, sorted(kept)
        run = Run.objects.only("rerun_of", "rerun_from").get(pk=run.rerun_of_id)


def _editors(where: Q) -> list[str]:
    """Return the ids of the people who edited an item, sent it back with words, or gave a value."""
    # The last approver of an item that others edited has a decision "correct" too, but edited
    # nothing: the record's events tell them apart.
    rows = Decision.objects.filter(where).order_by("id")
    edited = Event.objects.filter(
        verb=Verb.ITEM_CORRECTED, object_id__in=rows.filter(choice="correct").values("item_id")
    )
    found = rows.filter(
        (Q(choice="again") & ~Q(words=""))
        | Q(reason__in=(WayOut.SKIP, WayOut.ANSWER))
        | Q(choice="correct", item_id__in=edited.values("object_id"))
    )
    revised = ItemRevision.objects.filter(where).order_by("id")
    ids = [*found.values_list("by_id", flat=True), *revised.values_list("changed_by_id", flat=True)]
    return [str(one) for one in ids]


def _event_senders(run_ids: Collection[UUID]) -> list[str]:
    """Return the ids of the actors who sent these runs events, and of their API keys' makers."""
    told = Event.objects.filter(verb=Verb.RUN_TOLD, object_id__in=run_ids)
    ids = [one for one in told.values_list("actor_id", flat=True) if one]
    makers = ApiKey.objects.filter(pk__in=ids).values_list("made_by_id", flat=True)
    return sorted({str(one) for one in (*ids, *makers) if one})
