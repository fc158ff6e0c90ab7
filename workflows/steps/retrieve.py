"""retrieve: passages and records from the sources granted to the workflow.

A stale source is left out, and the output says so.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from approvals.rules import expression_limits, expressions
from approvals.rules.ladder import Effect
from tenants.errors import Invalid
from tenants.models import Source
from tenants.scope import current_tenant_id
from tenants.sources import lookup, search
from tenants.text.plain_text import as_key
from workflows import prompts
from workflows.definitions.definition import Definition, Step
from workflows.definitions.schema import Slug, Strict
from workflows.definitions.world import World
from workflows.steps.protocol import StepContext
from workflows.steps.results import Done, SettingsMistake

NAME = "retrieve"
EFFECT = Effect.READ
LONGEST_ASKED = 1000  # characters of a key; no stored key is as long
CHARACTERS_A_TOKEN = 4  # an estimate, good enough for a budget


class Settings(Strict):
    """What to look for. ``records`` maps a source to the CEL of the key wanted."""

    query: str = ""
    """What to look for in the documents: a template."""
    records: dict[Slug, str] = Field(default_factory=dict)
    """For each source of records, the key wanted, in CEL."""
    token_budget: int = Field(default=1500, ge=100, le=20_000)
    """How much text may be found in all, in tokens."""
    passages: int = Field(default=6, ge=1, le=30)
    """How many passages at most."""


def expressions_in(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the CEL of the record keys, each with its path in the settings."""
    for source, key in settings.records.items():
        yield ("records", source), key


def check(
    settings: Settings, definition: Definition, step: Step, world: World
) -> Iterator[SettingsMistake]:
    """Yield a problem for a source that is not granted or of the wrong kind, and for the query."""
    for source in settings.records:
        if source not in definition.head.sources:
            yield SettingsMistake(
                ("records", source), f"{source} is not among the workflow's sources."
            )
        elif world.sources.get(source) == "document":
            yield SettingsMistake(
                ("records", source), f"{source} is a document: use query instead."
            )
    if problem := prompts.template_problem(settings.query):
        yield SettingsMistake(("query",), problem)


def begin(context: StepContext, step: Step) -> Done:
    """Return the records and passages found, read inside the transaction."""
    settings: Settings = step.settings
    keys = {name: _key(source, context) for name, source in settings.records.items()}
    all_granted = lookup.granted_sources(context.definition.head.sources, keys)
    fresh = {g.source.name: g.source for g in all_granted if not g.source.is_stale}
    asked = {g.source.name: g.record for g in all_granted if not g.source.is_stale}
    found: list[dict[str, Any]] = []
    records: dict[str, Any] = {}
    missing: list[str] = []
    for name in settings.records:
        record = asked.get(name)
        if record is None:
            missing.append(name)
            continue
        source = fresh[name]
        records[name] = record.data
        found.append(
            _cited(source, f"{source.title} {record.key}", "record", record.data, record.pk)
        )
    query = prompts.render(settings.query, context.names()) if settings.query else ""
    found += _passages(query, fresh, settings)
    for number, piece in enumerate(found, 1):
        piece["n"] = number
    return Done(
        {
            "query": query,
            "found": found,
            "records": records,
            "missing": missing,
            "left_out": [_left_out(g.source) for g in all_granted if g.source.name not in fresh],
        }
    )


def merge_found(outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """Merge the outputs of a repeated step: each piece once, numbered anew.

    The merged records are empty, because the items' records have no common key.
    """
    pieces = {piece["piece"]: piece for output in outputs for piece in output["found"]}
    left = {piece["source_id"]: piece for output in outputs for piece in output["left_out"]}
    return {
        "found": [{**piece, "n": n} for n, piece in enumerate(pieces.values(), 1)],
        "records": {},
        "missing": sorted({name for output in outputs for name in output["missing"]}),
        "left_out": list(left.values()),
    }


def _key(source: str, context: StepContext) -> str:
    try:
        value = expressions.evaluate(source, context.names())
    except Invalid as error:
        if error.code == expression_limits.CODE:
            raise
        return ""  # the expression reads a field that this request does not have
    # No key, no record: it is listed as missing, and the step goes on.
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return as_key(str(value)[:LONGEST_ASKED])


def _passages(query: str, fresh: dict[str, Source], settings: Settings) -> list[dict[str, Any]]:
    documents = {s.revision_id: s for s in fresh.values() if s.kind == "document" and s.revision_id}
    hits = search.search_passages(
        query, list(documents), tenant_id=current_tenant_id(), limit=settings.passages
    )
    found: list[dict[str, Any]] = []
    budget = settings.token_budget * CHARACTERS_A_TOKEN
    for hit in hits:
        budget -= len(hit.text)
        # The best passage is kept even where it alone is over the budget.
        if budget < 0 and found:
            break
        source = documents[hit.revision_id]
        title = f"{source.title} §{hit.position}"
        found.append(
            _cited(source, title, "passage", hit.text, hit.passage_id) | {"heading": hit.heading}
        )
    return found


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


def _left_out(source: Source) -> dict[str, Any]:
    return {
        "title": source.title,
        "source_id": str(source.pk),
        "why": source.unused_because,
    }
