"""Problems of a definition, each with its line and column in the text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import ReaderError

from tenants.errors import ErrorCode, Invalid

Path = tuple[str | int, ...]
LONGEST = 100_000  # characters of a definition
DEEPEST = 40  # levels
UNKEPT = re.compile("[\x00\ud800-\udfff]")
MOST_PARTS = 20_000  # YAML events: names, values, beginnings and ends of lists
# The errors that PyYAML raises for texts: its own, and Python's for values such as dates.
UNREADABLE = (
    yaml.YAMLError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Problem of a definition at a path. Lines and columns count from 1; 0 is unknown."""

    path: Path
    message: str
    line: int = 0
    column: int = 0

    def sentence(self) -> str:
        """Return the problem as a sentence with its place."""
        where = ".".join(str(part) for part in self.path) or "the definition"
        return f"Line {self.line}, column {self.column} ({where}): {self.message}"


class DefinitionError(Invalid):
    """Error of a definition that can't be used, with all its ``problems``."""

    code: ErrorCode = "bad_definition"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(
            " ".join(problem.sentence() for problem in self.problems),
            problems=[
                {"line": p.line, "column": p.column, "path": list(p.path), "message": p.message}
                for p in self.problems
            ],
        )


class Places:
    """Places of the values in a YAML text. ``repeated``: problems of names given twice."""

    def __init__(self, node: yaml.Node | None) -> None:
        self._places: dict[Path, tuple[int, int]] = {}
        self.repeated: list[Problem] = []
        if node is not None:
            self._walk(node, ())

    def _walk(self, node: yaml.Node, path: Path) -> None:
        self._places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, key.value)
                if inner in self._places:
                    mark, said = key.start_mark, f"“{key.value}” stands here twice."
                    self.repeated.append(Problem(inner, said, mark.line + 1, mark.column + 1))
                self._places[inner] = (key.start_mark.line + 1, key.start_mark.column + 1)
                self._walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._walk(value, (*path, index))

    def has(self, *path: str | int) -> bool:
        """Whether the text has a value at this path."""
        return path in self._places

    def place(self, problem: Problem) -> Problem:
        """Return a problem with the line and column of the nearest value that exists."""
        path = problem.path
        if problem.line:
            return problem
        while path not in self._places and path:
            path = path[:-1]
        line, column = self._places.get(path, (1, 1))
        return Problem(problem.path, problem.message, line, column)


def read_yaml(text: str) -> tuple[dict[str, Any], Places]:
    """Return the value of a YAML text and its places.

    Raises DefinitionError for a text that is no YAML, no mapping, too long or too deep.
    """
    if len(text) > LONGEST:
        said = f"A definition has {LONGEST:,} characters at most."
        raise DefinitionError([Problem((), said, 1, 1)])
    try:
        # Before the loader, which builds every node and follows every anchor.
        _check_size(text)
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            _refuse_odd_names(node)
            value = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except UNREADABLE as error:
        raise DefinitionError([_problem(text, error)]) from error
    if not isinstance(value, dict):
        raise DefinitionError([Problem((), "A definition is a mapping of names to values.", 1, 1)])
    return value, Places(node)


def _problem(text: str, error: Exception) -> Problem:
    match error:
        case yaml.MarkedYAMLError(problem_mark=yaml.Mark() as mark):
            return Problem((), str(error.problem), mark.line + 1, mark.column + 1)
        case ReaderError():
            before = text[: error.position].split("\n")
            return Problem((), f"{error.reason}.", len(before), len(before[-1]) + 1)
        case RecursionError():
            return Problem((), "This is nested too deep.", 1, 1)
    return Problem((), f"This is no YAML that can be read: {str(error)[:200]}.", 1, 1)


def _check_size(text: str) -> None:
    """Raise an error for a text that is too deep or has too many parts, anchors or odd characters.

    A few lines of anchors can stand for millions of values, or for themselves. The text is parsed
    event by event, so that nothing deeper than the limit is ever built.
    """
    level = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        mark: Any = event.start_mark
        level += isinstance(event, yaml.CollectionStartEvent)
        level -= isinstance(event, yaml.CollectionEndEvent)
        if level > DEEPEST:
            raise RecursionError  # as PyYAML itself does for a deeper text
        if count > MOST_PARTS:
            raise yaml.MarkedYAMLError(problem="This has too many parts.", problem_mark=mark)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            raise yaml.MarkedYAMLError(
                problem="There are no anchors here: write it out.", problem_mark=mark
            )
        if isinstance(event, yaml.ScalarEvent) and UNKEPT.search(event.value):
            raise yaml.MarkedYAMLError(
                problem="This holds a character that can't be kept.", problem_mark=mark
            )


def _refuse_odd_names(node: yaml.Node | None) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="A name must be plain text.", problem_mark=key.start_mark
                )
            _refuse_odd_names(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_odd_names(value)
