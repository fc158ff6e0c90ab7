"""Looking at a definition that somebody is writing. Nothing is kept of it."""

from workflows.definitions.parse import Definition, parse
from workflows.definitions.problems import DefinitionError, Problem
from workflows.definitions.validate import validate
from workflows.models import Workflow
from workflows.services.definitions import world


def look(text: str, *, of: Workflow | None) -> tuple[Definition | None, list[Problem]]:
    """What ``text`` says and everything that is wrong with it, as publishing would find it.

    ``of`` is the workflow it is written for, None for a new one. There is no definition where
    the shape is wrong.
    """
    try:
        definition, places = parse(text)
    except DefinitionError as error:
        return None, error.problems
    problems = [places.place(Problem(("workflow",), said)) for said in _name(definition, of)]
    try:
        validate(definition, world(), places)
    except DefinitionError as error:
        problems += error.problems
    return definition, sorted(problems, key=lambda problem: (problem.line, problem.column))


def _name(definition: Definition, of: Workflow | None) -> list[str]:
    slug = definition.head.workflow
    if of is not None:
        return [] if slug == of.slug else [f"This is the definition of {of.slug}: keep the name."]
    taken = Workflow.objects.filter(slug=slug).exists()
    return [f"There is a workflow {slug} already."] if taken else []
