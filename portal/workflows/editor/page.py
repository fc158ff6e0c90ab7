"""Template context of the definition editor: problems, picture, summary and changes."""

from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from approvals.gate import verdict
from approvals.rules.ladder import tightest
from portal import labels
from portal.workflows.diagram import svg
from portal.workflows.editor.changes import Changes, between
from portal.workflows.editor.schema import schema_address
from portal.workflows.uses import MAY, tools_here
from tenants import access
from tenants.models import Source, User
from workflows.definitions import diff, tool_use
from workflows.definitions.definition import Definition
from workflows.definitions.problems import Problem
from workflows.models import Workflow
from workflows.services.definitions import examine

STARTER = """\
{comment}
workflow: new-workflow
title: New workflow
rung: draft_only
brief:
  why: Say in a sentence what it is for.
sources: [{sources}]
steps:
  - name: facts
    retrieve: {{query: "{{{{ input.message }}}}"}}
  - name: answer
    needs: [facts]
    generate:
      prompt: Answer the message.
      schema: {{type: object, required: [text], properties: {{text: {{type: string}}}}}}
      cite: facts
      template: |
        Thank you for your message.
        [[best 2]]
"""
# So many of the client's documents are granted to the starter definition.
MOST_GRANTED = 3


@dataclass(frozen=True, slots=True)
class Wrong:
    """A problem of a definition, with the line of text that has it."""

    problem: Problem
    line: str

    @property
    def where(self) -> str:
        """The path in the definition, such as steps.2.act."""
        return ".".join(str(part) for part in self.problem.path)


@dataclass(frozen=True, slots=True)
class Summary:
    """The rights and rules of a definition, for people who don't read YAML."""

    rung: str
    rung_says: str
    is_held_lower: bool
    reads: list[tuple[str, str]]
    uses: list[tuple[tool_use.Use, str]]
    hours: int
    at_once: int | None
    deciders: list[User]
    never: list[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check. It has only problems where the text can't be parsed."""

    wrong: list[Wrong]
    picture: str = ""
    steps: list[str] = field(default_factory=list)
    summary: Summary | None = None
    changes: Changes | None = None


def schema_comment() -> str:
    """Return the first line of a definition, which gives editors with YAML support its schema."""
    return f"# yaml-language-server: $schema={schema_address()}"


def starter() -> str:
    """Return the text of a first definition, which drafts from the client's first documents."""
    documents = Source.objects.filter(kind="document").order_by("authority", "name")
    names = ", ".join(documents.values_list("name", flat=True)[:MOST_GRANTED])
    return STARTER.format(comment=schema_comment(), sources=names)


def checked_text(text: str, workflow: Workflow | None) -> Checked:
    """Check a definition for ``workflow``, or for a new one where None."""
    definition, problems = examine(text, of=workflow)
    lines = text.split("\n")
    wrong = [Wrong(p, lines[p.line - 1] if 0 < p.line <= len(lines) else "") for p in problems]
    if definition is None:
        return Checked(wrong)
    tools = tools_here()
    drawn, marks = diff.drawable(definition), _marks(definition, problems)
    return Checked(
        wrong,
        # Safe: the SVG escapes every text that comes from the definition.
        SafeString(svg.draw(drawn, marks)),
        svg.sentences(drawn, marks),
        _summary(definition, workflow, tools),
        _changes(definition, text, workflow, tools),
    )


def _changes(
    definition: Definition,
    text: str,
    workflow: Workflow | None,
    tools: dict[str, tool_use.UsedTool],
) -> Changes | None:
    if workflow is None or workflow.live is None:
        return None
    live = workflow.live.definition
    return between(live, text, read=definition, tools=tools, ident="changed")


def _marks(definition: Definition, problems: list[Problem]) -> dict[str, str]:
    found = {}
    for problem in problems:
        match problem.path:
            case ("steps", int() as index, *_):
                found[definition.steps[index].name] = "wrong"
    return found


def _summary(
    definition: Definition, workflow: Workflow | None, tools: dict[str, tool_use.UsedTool]
) -> Summary:
    rules, head = verdict.gate_context(), definition.head
    above = (*rules.rungs, workflow.rung) if workflow else rules.rungs
    rung = tightest((*above, head.rung))
    says = labels.RUNGS[rung]
    return Summary(
        *says,
        is_held_lower=rung != head.rung,
        reads=_reads(head.sources),
        uses=[(use, MAY[use.outcome]) for use in tool_use.uses(definition, tools, above)],
        hours=head.decide_within_hours,
        at_once=head.at_once,
        deciders=access.deciders(workflow.pk) if workflow else [],
        never=[*(n.rule().sentence() for n in head.never), *(r.sentence() for r in rules.rules)],
    )


def _reads(names: list[str]) -> list[tuple[str, str]]:
    """Return the granted sources by name and title."""
    titles = dict(Source.objects.filter(name__in=names).values_list("name", "title"))
    return [(name, titles.get(name, "there is no such source")) for name in names]
