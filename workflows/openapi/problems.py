"""Problems of an OpenAPI document, each with its code and its place as a JSON pointer. Pure."""

from dataclasses import dataclass
from typing import Literal

# Every code of a problem, a closed list: tests and pages read them.
ProblemCode = Literal[
    "bad_server",
    "circular_ref",
    "external_ref",
    "missing_body",
    "missing_ref",
    "no_operations",
    "no_server",
    "not_openapi",
    "not_readable",
    "path_parameter",
    "relative_server",
    "schema",
    "too_deep",
    "too_large",
    "too_many_operations",
    "unsupported_body",
    "unsupported_parameter",
    "unsupported_style",
    "unsupported_version",
    "wrong_shape",
]


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """Problem of a document at a JSON pointer (RFC 6901), such as ``#/paths/~1orders/get``."""

    code: ProblemCode
    pointer: str
    message: str

    def sentence(self) -> str:
        """Return the problem as a sentence with its place."""
        return f"{self.message} ({self.pointer})"


class DocumentError(Exception):
    """Error that carries one problem of a document."""

    def __init__(self, code: ProblemCode, pointer: str, message: str) -> None:
        self.problem = DocumentProblem(code, pointer[:400], message)
        super().__init__(self.problem.sentence())


def pointer_to(pointer: str, *names: str | int) -> str:
    """Return the pointer of a value below ``pointer``."""
    parts = (str(name).replace("~", "~0").replace("/", "~1") for name in names)
    return "/".join((pointer, *parts))
