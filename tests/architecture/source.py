"""The product's own source, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("tenants", "audit", "approvals", "workflows", "portal")


@cache
def files(*, migrations: bool = False) -> tuple[Path, ...]:
    """Python files of the five apps."""
    found = (path for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    return tuple(p for p in found if migrations or "migrations" not in p.parts)


def name(path: Path) -> str:
    """A file as it is called from the root, such as ``audit/outbox.py``."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def nodes[N: ast.AST](kind: type[N], *, migrations: bool = False) -> Iterator[tuple[str, N]]:
    """Every node of a kind in the five apps, with its file."""
    for path in files(migrations=migrations):
        for node in ast.walk(tree(path)):
            if isinstance(node, kind):
                yield name(path), node


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of an attribute or name; what else it hangs on is an ellipsis."""
    match node:
        case ast.Name(id=found):
            return found
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
    return "…"


def place(path: str, node: ast.AST) -> str:
    return f"{path}:{getattr(node, 'lineno', 0)}"
