"""Shapers: who asked for what an item says, or shaped it before it was put up."""

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
from workflows.models import Run

# Fields of a request that say who sent it.
SENDERS = ("from", "reply_to", "sender", "sent_by")
ADDRESS = re.compile(r"[^\s,]+@[^\s,]+")  # of who is answered and of who sent, in a run's asked_by
MOST_BEFORE = 20  # runs that one was run again from, one after the other
HANDS_OVER = {"handoff", "for_each"}


def shapers(context: Context) -> tuple[str, ...]:
    """Ids of people and mailboxes of addresses, for ``ReviewItem.shaped_by``.

    What was said in the runs above and below counts, and in those that this one was run again
    from, as far as it kept what they gave. A run that stands alone costs two queries where
    something of it was decided otherwise than as written; else none.
    """
    upper = parents.parent_runs(context.run)
    found = [one for run in (context.run, *upper) for one in _asked(run)]
    if runs := _runs_said_in(context, {run.pk for run in upper}):
        found += _said(Q(item__run_id__in=runs))
    for former, kept in _kept_from(context):
        found += _said(Q(item__run_id=former, item__draft__step__in=kept))
    if context.definition.of_kind("wait") or upper:
        found += _told({context.run.pk, *(run.pk for run in upper)})
    return tuple(dict.fromkeys(found))


def _asked(run: Run) -> Iterator[str]:
    yield from run.requested_by
    for one in (*ADDRESS.findall(run.asked_by), *(run.input.get(name) for name in SENDERS)):
        if isinstance(one, str) and "@" in one:
            yield mailbox_of(one)[:254]


def _runs_said_in(context: Context, upper: set[UUID]) -> set[UUID]:
    """The runs in which somebody may have said something that came to this one."""
    found = upper | _below(upper, parent__item=None)
    if any(row.kind in HANDS_OVER for row in context.steps.values()):
        found |= _below({context.run.pk})
    said_here = any(
        item.choice not in ("", "accept") or item.status in ("expired", "cancelled")
        for item in context.items
    )
    return found | ({context.run.pk} if said_here else set())


def _below(run_ids: Collection[UUID], **like: None) -> set[UUID]:
    """The runs that these handed work over to, and those that they did, and so on."""
    found: set[UUID] = set()
    layer = set(run_ids)
    while layer:
        rows = Run.objects.filter(parent__run_id__in=layer, **like)
        layer = set(rows.values_list("pk", flat=True)) - found
        found |= layer
    return found


def _kept_from(context: Context) -> Iterator[tuple[UUID, list[str]]]:
    """The runs that this one was run again from, with the steps of theirs that it kept."""
    run, definition = context.run, context.definition
    kept = {step.name for step in definition.steps}
    for _ in range(MOST_BEFORE):
        if run.rerun_of_id is None:
            return
        begun = run.rerun_from
        kept -= {name for name in kept if name == begun or begun in upstream(definition, name)}
        yield run.rerun_of_id, sorted(kept)
        run = Run.objects.only("rerun_of", "rerun_from").get(pk=run.rerun_of_id)


def _said(where: Q) -> list[str]:
    """Who edited, sent back with words or gave a value.

    Whoever agreed last to what others edited has a decision that says corrected, and edited
    nothing; the record knows.
    """
    rows = Decision.objects.filter(where).order_by("id")
    edited = Event.objects.filter(
        verb=Verb.ITEM_CORRECTED, object_id__in=rows.filter(choice="correct").values("item_id")
    )
    found = rows.filter(
        (Q(choice="again") & ~Q(words=""))
        | Q(reason="skip")
        | Q(choice="correct", item_id__in=edited.values("object_id"))
    )
    revised = ItemRevision.objects.filter(where).order_by("id")
    ids = [*found.values_list("by_id", flat=True), *revised.values_list("changed_by_id", flat=True)]
    return [str(one) for one in ids]


def _told(run_ids: Collection[UUID]) -> list[str]:
    """Who told these runs of events, or made the keys that did."""
    told = Event.objects.filter(verb=Verb.RUN_TOLD, object_id__in=run_ids)
    ids = [one for one in told.values_list("actor_id", flat=True) if one]
    makers = ApiKey.objects.filter(pk__in=ids).values_list("made_by_id", flat=True)
    return sorted({str(one) for one in (*ids, *makers) if one})
