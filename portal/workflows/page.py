"""Template context of the workflow pages: rows of the list, and one workflow's rung and rules."""

from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from approvals.gate import verdict
from approvals.review import selectors as approvals
from approvals.rules.ladder import tightest
from portal import labels
from portal.workflows.diagram import svg
from portal.workflows.uses import used_tools
from tenants import access
from tenants.models import User
from workflows import selectors
from workflows.definitions.definition import Definition
from workflows.definitions.problems import DefinitionError
from workflows.definitions.tool_use import Use, tools_of
from workflows.models import Circuit, Version, Workflow
from workflows.validation.parse import parse_published


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Counts of recent decisions about a workflow's items, by choice."""

    by_choice: dict[str, int] = field(default_factory=dict)

    @property
    def all(self) -> int:
        """The number of decisions."""
        return sum(self.by_choice.values())

    @property
    def accepted(self) -> int:
        """The number accepted as written."""
        return self.by_choice.get("accept", 0)

    def __str__(self) -> str:
        if not self.all:
            return "nothing decided yet"
        return f"{self.accepted} of {self.all} accepted as written"


@dataclass(frozen=True, slots=True)
class Row:
    """A workflow in the list, with its rung and its acceptance."""

    workflow: Workflow
    rung: str
    acceptance: Acceptance


@dataclass(frozen=True, slots=True)
class About:
    """Facts of one workflow's page that are not columns of its row."""

    definition: Definition | None
    picture: str
    steps: list[str]
    rung: str
    rung_says: str
    uses: list[tuple[Use, str]]
    never: list[str]
    stopped: list[str]
    held: list[str]
    deciders: list[User]
    acceptance: Acceptance


def workflow_rows(workflows: list[Workflow]) -> list[Row]:
    """Return workflows as the list shows them, with two queries for all of them."""
    decided = approvals.acceptance(w.pk for w in workflows)
    rules = verdict.gate_context()
    return [Row(w, _rung(w, rules)[0], Acceptance(decided.get(w.pk, {}))) for w in workflows]


def definition_of(version: Version | None) -> Definition | None:
    """Return a version's definition; None where an old one can't be parsed any more."""
    if version is None:
        return None
    try:
        return parse_published(version.definition)
    except DefinitionError:
        return None


def about(workflow: Workflow) -> About:
    """Return the definition, rung, rules and deciders that apply to a workflow now."""
    definition, rules = definition_of(workflow.live), verdict.gate_context()
    rung, says = _rung(workflow, rules)
    own = [rule.rule().said() for rule in definition.head.never] if definition else []
    return About(
        definition=definition,
        picture=picture(definition),
        steps=svg.sentences(definition) if definition else [],
        rung=rung,
        rung_says=says,
        uses=used_tools(definition, (*rules.rungs, workflow.rung)),
        never=[*own, *(rule.said() for rule in rules.rules)],
        stopped=list(rules.stopped),
        held=_held(definition),
        deciders=access.deciders(workflow.pk),
        acceptance=Acceptance(approvals.acceptance([workflow.pk]).get(workflow.pk, {})),
    )


def _held(definition: Definition | None) -> list[str]:
    """Return a sentence for each model or tool of the workflow whose circuit is open."""
    tools = tools_of(definition) if definition else []
    return [
        f"Calls to {one.name} wait, as it {_why_held(one)}: {one.problem}"
        for one in selectors.open_circuits()
        if one.kind == "model" or one.name in tools
    ]


def _why_held(circuit: Circuit) -> str:
    if circuit.opened_at is None:
        return "asked for a pause"
    return f"failed {circuit.failures} times in a row"


def picture(definition: Definition | None) -> str:
    """Return the definition's SVG, safe for a template; empty where there is none."""
    # Safe: the SVG escapes every text that comes from the definition.
    return SafeString(svg.draw(definition)) if definition else ""


def _rung(workflow: Workflow, rules: verdict.GateContext) -> tuple[str, str]:
    """Return the label and meaning of the effective rung.

    It is the tightest of the provider's, the client's, the workflow's and the version's.
    """
    definition = definition_of(workflow.live)
    asked = (definition.head.rung,) if definition else ()
    return labels.RUNGS[tightest((*rules.rungs, workflow.rung, *asked))]
