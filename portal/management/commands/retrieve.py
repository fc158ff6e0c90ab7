"""Queries of a file are asked as a workflow asks them; each line tells what it would be given."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.sources.search import LONGEST_QUERY, Hit
from tenants.sources.selectors import filenames
from workflows import selectors
from workflows.models import Workflow
from workflows.sources.retrieval import (
    LeftOut,
    RetrievalLimits,
    Retrieved,
    passage_title,
    passages_of_other_sources,
    retrieve_pieces,
)
from workflows.steps import agent, retrieve
from workflows.validation.parse import parse_published

FIRST_WORDS = 160  # characters of a passage that are printed
BEYOND = 10  # passages below the limit that are told
OTHERS = 5  # passages of sources that are stale or not granted


@dataclass(frozen=True, slots=True)
class _Asked:
    """A line of the file: its number, and its id and query or what is wrong with it."""

    number: int
    id: Any = None
    query: str = ""
    problem: str = ""


class Command(BaseCommand):
    """Ask the queries of a file. Exit with 1 where a line is bad, with 2 for wrong arguments."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", help="the client's name in addresses, as harbor-pine")
        parser.add_argument("workflow", help="the workflow's name, as refund-replies")
        lines = 'lines of JSON, each {"query": "…"} with an "id" if wanted'
        parser.add_argument("--queries", type=Path, required=True, help=lines)
        parser.add_argument("--step", default="", help="the retrieve step; else the first one")
        parser.add_argument("--json", action="store_true", help="print lines of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["client"]).first()
        if tenant is None:
            raise CommandError(f"There is no client called {options['client']}.", returncode=2)
        try:
            asked = list(_lines(options["queries"].read_bytes()))
        except OSError as error:
            said = f"{options['queries']} can't be opened: {error.strerror}."
            raise CommandError(said, returncode=2) from error
        try:
            with tenant_scope(tenant.pk):
                workflow = selectors.get_workflow(options["workflow"])
                settings = _settings(workflow, options["step"])
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        for one in asked:
            answer = _answer(tenant, workflow, settings, one)
            said = json.dumps(answer, ensure_ascii=False) if options["json"] else _as_text(answer)
            self.stdout.write(said)
        if any(one.problem for one in asked):
            sys.exit(1)


def _lines(content: bytes) -> Iterator[_Asked]:
    """Yield the lines of a file but the empty ones."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode())
        except (ValueError, RecursionError):
            yield _Asked(number, problem="It is not JSON.")
            continue
        if not isinstance(value, dict) or not isinstance(value.get("query"), str):
            yield _Asked(number, problem='It is not an object with a text called "query".')
        elif not value["query"].replace("\x00", "").strip():
            yield _Asked(number, value.get("id"), problem="Its query is empty.")
        else:
            query = value["query"].replace("\x00", "").encode(errors="replace").decode()
            yield _Asked(number, value.get("id"), query)


def _settings(workflow: Workflow, name: str) -> retrieve.Settings:
    """Return the settings of the workflow's step that retrieves; an agent's look-ups have none."""
    if workflow.live is None:
        said = f"{workflow.title} has no published version."
        raise CommandError(said, returncode=2)
    definition = parse_published(workflow.live.definition)
    found = [step for step in definition.of_kind(retrieve.NAME) if step.name == (name or step.name)]
    found.sort(key=lambda step: not step.settings.query)
    if found:
        settings: retrieve.Settings = found[0].settings
        return settings
    if not name and any(step.settings.look_up for step in definition.of_kind(agent.NAME)):
        return retrieve.Settings()
    said = f"has no step {name} that retrieves" if name else "has no step that retrieves"
    raise CommandError(f"{workflow.title} {said}.", returncode=2)


def _answer(
    tenant: Tenant, workflow: Workflow, settings: retrieve.Settings, asked: _Asked
) -> dict[str, Any]:
    head = {"line": asked.number, "id": asked.id}
    if asked.problem:
        return head | {"problem": f"Line {asked.number}: {asked.problem}"}
    assert workflow.live is not None
    names = parse_published(workflow.live.definition).head.sources
    limits = RetrievalLimits(settings.passages, settings.token_budget, beyond=BEYOND)
    with tenant_scope(tenant.pk):
        began = perf_counter()
        retrieved = retrieve_pieces(asked.query, names, {}, limits)
        took = perf_counter() - began
        others = passages_of_other_sources(asked.query, names, OTHERS)
        left_out = [*retrieved.left_out, *others]
        hits = [*retrieved.hits.values(), *(one.hit for one in left_out)]
        files = filenames({hit.revision_id for hit in hits})
    return head | {
        "query": asked.query,
        "version": workflow.live.number,
        "milliseconds": round(took * 1000, 1),
        "found": _found(retrieved, files),
        "left_out": [*_dropped(left_out, files), *_stale(retrieved)],
        "cut": len(asked.query) > LONGEST_QUERY,
    }


def _found(retrieved: Retrieved, files: dict[UUID, str]) -> list[dict[str, Any]]:
    return [
        {
            "n": piece["n"],
            "source": piece["source"],
            "title": piece["title"],
            **_passage(retrieved.hits[piece["piece"]], files),
        }
        for piece in retrieved.found
    ]


def _dropped(left_out: list[LeftOut], files: dict[UUID, str]) -> list[dict[str, Any]]:
    return [
        {
            "source": one.source.name,
            "title": passage_title(one.source, one.hit),
            **_passage(one.hit, files),
            "why": one.why,
        }
        for one in left_out
    ]


def _passage(hit: Hit, files: dict[UUID, str]) -> dict[str, Any]:
    return {
        "file": files[hit.revision_id],
        "position": hit.position,
        "score": round(hit.score, 4),
        "heading": hit.heading,
        "text": hit.text[:FIRST_WORDS],
        "characters": len(hit.text),
        "piece": str(hit.passage_id),
    }


def _stale(retrieved: Retrieved) -> list[dict[str, Any]]:
    return [
        {"source": source.name, "title": source.title, "why": source.unused_because}
        for source in retrieved.stale
    ]


def _as_text(answer: dict[str, Any]) -> str:
    if "problem" in answer:
        return str(answer["problem"])
    lines = [f"{answer['line']}. {' '.join(answer['query'].split())[:FIRST_WORDS]}"]
    for one in answer["found"]:
        words = " ".join(one["text"].split())
        lines.append(f"  [{one['n']}] {one['score']:8.3f}  {one['title']}: {words}")
    for one in answer["left_out"]:
        score = f"{one['score']:8.3f}" if "score" in one else " " * 8
        lines.append(f"   -  {score}  {one['title']}: {one['why']}")
    return "\n".join([*lines, ""])
