"""Passages and records that a workflow is given: of granted and fresh sources, within limits.

The ``retrieve`` step, an agent's look-ups and ``manage.py retrieve`` share it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenants.models import Record, Source
from tenants.scope import current_tenant_id
from tenants.sources import lookup, search
from tenants.sources.search import Hit

CHARACTERS_A_TOKEN = 4  # an estimate, good enough for a budget
NOT_GRANTED = "Not granted to this workflow"


@dataclass(frozen=True, slots=True)
class RetrievalLimits:
    """How many passages, and how many tokens of them, a workflow is given.

    ``beyond``: so many passages more are looked at, to tell what was left out.
    """

    passages: int
    token_budget: int
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A passage that a workflow is not given, and why."""

    hit: Hit
    source: Source
    why: str


@dataclass(slots=True)
class Retrieved:
    """What a workflow is given, and what it is not.

    ``hits`` are its passages by their ids as texts. ``stale`` are granted sources that are left out
    whole.
    """

    found: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    stale: list[Source] = field(default_factory=list)
    hits: dict[str, Hit] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def retrieve_pieces(
    query: str, names: Collection[str], keys: Mapping[str, str], limits: RetrievalLimits
) -> Retrieved:
    """Return what a workflow with these sources is given for a query and these keys of records."""
    granted = lookup.granted_sources(names, keys)
    fresh = {one.source.name: one for one in granted if not one.source.is_stale}
    result = Retrieved(stale=[g.source for g in granted if g.source.name not in fresh])
    for name in keys:
        one = fresh.get(name)
        if one is None or one.record is None:
            result.missing.append(name)
        else:
            result.records[name] = one.record.data
            result.found.append(_cited_record(one.source, one.record))
    _add_passages(result, query, [one.source for one in fresh.values()], limits)
    for number, piece in enumerate(result.found, 1):
        piece["n"] = number
    return result


def passages_of_other_sources(query: str, names: Collection[str], limit: int) -> list[LeftOut]:
    """Return the best passages of what a workflow may not use: stale, or not granted to it."""
    rows = Source.objects.filter(kind="document").exclude(revision=None)
    others = {s.revision_id: s for s in rows if s.name not in names or s.is_stale}
    hits = _hits(query, others, limit)
    return [LeftOut(hit, source, _why_not(source, names)) for hit, source in hits]


def passage_title(source: Source, hit: Hit) -> str:
    """Return what a passage is called where it is cited."""
    return f"{source.title} §{hit.position}"


def _why_not(source: Source, names: Collection[str]) -> str:
    return source.unused_because if source.name in names else NOT_GRANTED


def _hits(query: str, sources: Mapping[Any, Source], limit: int) -> list[tuple[Hit, Source]]:
    hits = search.search_passages(query, list(sources), tenant_id=current_tenant_id(), limit=limit)
    return [(hit, sources[hit.revision_id]) for hit in hits]


def _add_passages(
    result: Retrieved, query: str, fresh: list[Source], limits: RetrievalLimits
) -> None:
    documents = {s.revision_id: s for s in fresh if s.kind == "document"}
    budget, count = limits.token_budget * CHARACTERS_A_TOKEN, 0
    for hit, source in _hits(query, documents, limits.passages + limits.beyond):
        budget -= len(hit.text)
        # The best passage is kept even where it alone is over the budget.
        if count == limits.passages:
            why = f"Below the limit of {limits.passages} passages"
            result.left_out.append(LeftOut(hit, source, why))
        elif budget < 0 and count:
            why = f"Over the budget of {limits.token_budget} tokens"
            result.left_out.append(LeftOut(hit, source, why))
        else:
            count += 1
            result.hits[str(hit.passage_id)] = hit
            result.found.append(_cited_passage(source, hit))


def _cited_passage(source: Source, hit: Hit) -> dict[str, Any]:
    title = passage_title(source, hit)
    cited = _cited(source, title, "passage", hit.text, hit.passage_id)
    return cited | {"heading": hit.heading}


def _cited_record(source: Source, record: Record) -> dict[str, Any]:
    return _cited(source, f"{source.title} {record.key}", "record", record.data, record.pk)


def _cited(source: Source, title: str, kind: str, content: Any, piece_id: Any) -> dict[str, Any]:
    return {
        "title": title,
        "kind": kind,
        "content": content,
        "piece": str(piece_id),
        "source": source.name,
        "source_id": str(source.pk),
        "revision": str(source.revision_id),
        "owner": str(source.owner),
        "authority": source.authority,
        "is_confirmed": source.confirmed_by_id is not None,
        "verified_at": source.verified_at.isoformat() if source.verified_at else None,
    }
