"""Lines of the record for a page: each event as a sentence, with its object's address."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from audit.models import Event
from portal.record.sentences import event_sentence
from tenants.sources import selectors as sources
from workflows import selectors as workflows


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One event and its sentence. ``url`` is empty where the event's object has no page."""

    event: Event
    said: str
    url: str


def record_lines(events: Iterable[Event]) -> list[RecordLine]:
    """Return events as sentences, with at most two queries for the addresses of their objects."""
    found = list(events)
    slugs = workflows.workflow_slugs({e.object_id for e in found if e.object_kind == "workflow"})
    names = sources.names({e.object_id for e in found if e.object_kind == "source"})
    known = {pk: reverse("workflow", args=[slug]) for pk, slug in slugs.items()}
    known |= {pk: reverse("source", args=[name]) for pk, name in names.items()}
    return [
        RecordLine(
            e,
            event_sentence(e.verb, e.object_label, e.before, e.after),
            _url(e) or known.get(e.object_id, ""),
        )
        for e in found
    ]


def _url(event: Event) -> str:
    match event.object_kind:
        case "run":
            return reverse("run", args=[event.object_id])
        case "reviewitem":
            return reverse("review_item", args=[event.object_id])
    return ""
