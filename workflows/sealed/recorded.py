"""World of a sealed run from the journal of a former run; samples where the journal has nothing.

All of it is read before the run is played.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from approvals.models import Tool
from tenants.models import Source
from tenants.sources.models import Record
from workflows.definitions.definition import Definition
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.sealed_answers import SealedQuestion
from workflows.engine.state.context import published
from workflows.mcp.schemas import modern_schema
from workflows.models import Call, Run, StepRun, Version
from workflows.sealed.samples import sample_of, text_sample
from workflows.steps import agent

MOST_LOOKED_AT = 50  # runs
Key = tuple[str, int | None, str]  # step, item of its list, tool; the model's is empty


@dataclass(frozen=True, slots=True)
class RecordedWorld:
    """World in which each call is answered as it was in a former run, else by a sample.

    ``tools`` are the names of the tools that a sampled turn of an agent calls.
    """

    run_id: str = ""
    answers: dict[Key, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()

    def answer(self, question: SealedQuestion) -> Answer:
        """Return the recorded answer to a call, or a sample of one."""
        call, tool = question.call, question.tool
        name = tool.name if tool else ""
        found = self.answers.get((call.step.name, call.step.item, name))
        if found is None:
            found = tool_sample(tool) if tool else self._model_sample(call.request)
        return Answer(found, 0)

    def event(self, step: StepRun) -> dict[str, Any]:
        """Return what the step was told in the former run; nothing where there is none."""
        return self.events.get(step.name, {})

    def _model_sample(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a model's answer: the calls of all its tools first, then one that fits."""
        offered = [one for one in request.get("tools", ()) if one["name"] in self.tools]
        if offered and not any(one["role"] == "tool" for one in request["messages"]):
            calls = [
                {
                    "id": f"call-{number}",
                    "name": one["name"],
                    "arguments": sample_of(one["parameters"]),
                    "problem": "",
                }
                for number, one in enumerate(offered)
            ]
            return {"text": "", "model": "", "tool_calls": calls}
        schema = request.get("schema")
        text = json.dumps(sample_of(schema)) if schema else "Sample text."
        return {"text": text, "model": ""}


def tool_sample(tool: Tool) -> dict[str, Any]:
    """Return a sample of a tool's answer, by the schema that its server declares for it."""
    offered = tool.settings.get("offered")
    schema = offered.get("output_schema") if isinstance(offered, dict) else None
    found = sample_of(modern_schema(schema)) if isinstance(schema, dict) else {}
    return found if isinstance(found, dict) else {}


def former_run(version: Version, *, step: str = "", tool: str = "") -> Run | None:
    """Return the newest finished run of a version; one that called this tool or step's model first.

    None where none is finished.
    """
    done = Run.objects.filter(version=version, status="done").order_by("-id")
    newest = list(done.values_list("pk", flat=True)[:MOST_LOOKED_AT])
    if not newest:
        return None
    called = Call.objects.filter(run_id__in=newest, status="done")
    if step:
        called = called.filter(Q(step__name=step) | Q(step__name__startswith=f"{step}."))
    called = called.filter(kind="tool", name=tool) if tool else called.filter(kind="model")
    run_id = called.order_by("-run_id").values_list("run_id", flat=True).first()
    return done.get(pk=run_id or newest[0])


def recorded_world(version: Version, run: Run | None) -> tuple[RecordedWorld, dict[str, Any]]:
    """Return the world of a version as it was in a former run, and the request to play with."""
    definition = published(version.pk).definition
    tools = frozenset(
        name for step in definition.of_kind(agent.NAME) for name in step.settings.tools
    )
    if run is None:
        return RecordedWorld(tools=tools), sample_request(version)
    answers: dict[Key, dict[str, Any]] = {}
    calls = Call.objects.filter(run=run, status="done").select_related("step").order_by("id")
    for call in calls:
        name = call.name if call.kind == "tool" else ""
        if call.response is not None:
            answers[call.step.name, call.step.item, name] = call.response
    waits = StepRun.objects.filter(run=run, kind="wait", status="done", replaced_at=None)
    events = {row.name: row.output or {} for row in waits}
    return RecordedWorld(str(run.pk), answers, events, tools), run.input


def sample_request(version: Version) -> dict[str, Any]:
    """Return a sample of a version's request, with the key of a record where one is looked up."""
    live = published(version.pk)
    shape = live.definition.head.input
    given = sample_of(shape) if shape is not None else {}
    request = {name: text_sample(name) for name in live.reads}
    return {
        **request,
        **(given if isinstance(given, dict) else {}),
        **_record_keys(live.definition),
    }


def _record_keys(definition: Definition) -> dict[str, Any]:
    """Return for each field of the request that is a record's key the first key there is."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for step in definition.of_kind("retrieve"):
        for source, key in step.settings.records.items():
            head, _, name = key.strip().partition("input.")
            if not head and name.isidentifier():
                wanted[source].append(name)
    if not wanted:
        return {}
    found: dict[str, Any] = {}
    for source in Source.objects.filter(name__in=wanted):
        rows = Record.objects.filter(revision__source=source).order_by("-revision_id", "id")
        key = rows.values_list("key", flat=True).first()
        found |= dict.fromkeys(wanted[source.name], key) if key is not None else {}
    return found
