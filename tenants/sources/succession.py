"""A source takes the place of another: which one, and from when."""

from datetime import datetime

from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Invalid
from tenants.recording import record_act
from tenants.roles import Capability
from tenants.sources.models import Source

LONGEST_LINE = 50  # sources of which each took the place of the one before


def former_of(source: Source) -> Source | None:
    """Return the source whose place this one takes, or None."""
    return Source.objects.filter(superseded_by=source).order_by("name").first()


def take_place_of(source: Source, former: Source | None, *, actor: Actor) -> None:
    """Let a source take the place of a former one, or of none.

    The former one is used until this one has content and is valid. Raises Forbidden, and Invalid
    where the two would take each other's place.
    """
    access.require(actor, Capability.MANAGE_SOURCES)
    # In the order of their names, so that two people at once wait for each other and go on.
    list(Source.objects.select_for_update().order_by("name").values_list("pk"))
    before = former_of(source)
    if former is not None and (before is None or before.pk != former.pk):
        _check_line(source, former)
    if (before and before.pk) == (former and former.pk):
        return
    Source.objects.filter(superseded_by=source).update(superseded_by=None, superseded_from=None)
    if former is not None:
        Source.objects.filter(pk=former.pk).update(superseded_by=source, superseded_from=None)
        follow(source)
    record_act(
        "source.changed",
        source,
        actor=actor,
        before={"takes_the_place_of": before.title if before else None},
        after={"takes_the_place_of": former.title if former else None},
    )


def _check_line(source: Source, former: Source) -> None:
    """Raise Invalid where the former source would take the place of what replaces it."""
    newer = Source.objects.get(pk=source.pk)
    for _ in range(LONGEST_LINE):
        if newer.pk == former.pk:
            said = f"{former.title} takes the place of {source.title} already. Choose another one."
            raise Invalid(said, code="bad_value")
        if newer.superseded_by_id is None:
            return
        newer = Source.objects.get(pk=newer.superseded_by_id)
    raise Invalid("The line of sources is too long.", code="bad_value")


def follow(source: Source) -> None:
    """Store from when the source replaces its former one: once it has content and is valid."""
    rows = Source.objects.filter(superseded_by=source)
    rows.exclude(superseded_from__lte=clock.now()).update(superseded_from=_begins(source))


def _begins(source: Source) -> datetime | None:
    if source.revision_id is None:
        return None
    now = clock.now()
    return max(now, source.valid_from) if source.valid_from else now
