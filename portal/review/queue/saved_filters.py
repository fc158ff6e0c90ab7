"""Services for saved filters of the queue, which belong to one person each."""

from collections.abc import Mapping
from uuid import UUID

from audit.services import record
from audit.verbs import Verb
from portal.review.queue.models import SavedFilter
from portal.review.queue.params import saved_params
from tenants import access
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid, NotFound
from tenants.models import User
from tenants.roles import Capability
from workflows import selectors as workflows

MOST = 20
LONGEST_NAME = 40


def save_filter(*, name: str, state: Mapping[str, str], actor: Actor) -> SavedFilter:
    """Save the filters of a queue address under a name; a filter of that name is replaced.

    Other parameters of the address are dropped. Raises Invalid for a bad name or value, and
    Conflict beyond the MOST filters that a person may have.
    """
    access.require(actor, Capability.SEE)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"Give the filter a name of up to {LONGEST_NAME} letters.", code="bad_name")
    query = saved_params(state)
    if "workflow" in query:
        _check_workflow(query["workflow"])
    _check_room(name, actor.person_id)
    found, _ = SavedFilter.objects.update_or_create(
        person_id=actor.person_id, name=name, defaults={"query": query}
    )
    record(Verb.FILTER_SAVED, found, actor=actor, after={"query": query})
    return found


def _check_workflow(slug: str) -> None:
    try:
        workflows.get_workflow(slug)
    except NotFound as error:
        raise Invalid(f"{error.message} Choose another, then save it.") from error


def _check_room(name: str, person: UUID) -> None:
    # Locks the person's row: two requests at once could both be counted as the last that fits.
    list(User.objects.select_for_update(no_key=True).filter(pk=person).values_list("pk"))
    others = SavedFilter.objects.filter(person_id=person).exclude(name=name)
    if others.count() >= MOST:
        raise Conflict(
            f"You have {MOST} saved filters. Remove one, then save this.", code="too_many"
        )


def remove_filter(filter_id: UUID, *, actor: Actor) -> str:
    """Delete a saved filter and return its name. Raises NotFound for another person's filter."""
    access.require(actor, Capability.SEE)
    own = SavedFilter.objects.filter(person_id=actor.person_id)
    found = get_or_not_found(own, "filter", pk=filter_id)
    record(Verb.FILTER_REMOVED, found, actor=actor, before={"query": found.query})
    found.delete()
    return found.name
