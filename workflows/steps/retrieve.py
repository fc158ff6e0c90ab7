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
from tenants.text.plain_text import as_key
from workflows import prompts
from workflows.definitions.definition import Definition, Step
from workflows.definitions.schema import Slug, Strict
from workflows.definitions.world import World
from workflows.sources.retrieval import RetrievalLimits, retrieve_pieces
from workflows.steps.protocol import StepContext
from workflows.steps.results import Done, SettingsMistake

NAME = "retrieve"
EFFECT = Effect.READ
LONGEST_ASKED = 1000  # characters of a key; no stored key is as long


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
    query = prompts.render(settings.query, context.names()) if settings.query else ""
    limits = RetrievalLimits(settings.passages, settings.token_budget)
    retrieved = retrieve_pieces(query, context.definition.head.sources, keys, limits)
    return Done(
        {
            "query": query,
            "found": retrieved.found,
            "records": retrieved.records,
            "missing": retrieved.missing,
            "left_out": [_left_out(source) for source in retrieved.stale],
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


def _left_out(source: Source) -> dict[str, Any]:
    return {"title": source.title, "source_id": str(source.pk), "why": source.unused_because}
