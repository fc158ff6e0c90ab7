"""Rooms: few modules lie loose in an app, imports form no circle, and none hides in a function."""

import ast
import sys

import grimp
import pytest

from tests.architecture.source import APPS, ROOT, nodes

MOST_LOOSE = {"portal": 20}  # Django wants some at the top
LOOSE = 14
# Imports inside functions, each with its reason. Django sets apps up before ``ready``.
LATE = {
    "audit/apps.py": "ready",
    "approvals/apps.py": "ready",
    "workflows/apps.py": "ready",
    "portal/apps.py": "ready",
    "portal/celery.py": "it is imported before Django is set up",
    "workflows/gateway/litellm_gateway.py": "seconds and 190 MB that only its models need",
    "workflows/gateway/litellm_transport.py": "the same seconds",
    "workflows/mcp/connection.py": "seconds and 60 MB that only calls of MCP servers need",
    "workflows/oauth/discovery.py": "the same seconds, where somebody connects",
    "workflows/gateway/price_check.py": "a library that only doctor needs",
    "portal/servers/deployment.py": "only a database that is given needs a driver here",
    "workflows/functions/units.py": "units take a third of a second to read, and few need them",
    "tenants/sources/readers/office_markdown.py": "seconds and 160 MB that only Office files need",
    "tenants/sources/readers/parquet.py": "170 MB that only Parquet files need",
    "tenants/sources/readers/sheets.py": "a library that only Excel files need",
    "tenants/network/chat.py": "a library that only chat needs",
    "portal/notices/channels/push.py": "libraries that only push needs",
}


@pytest.mark.parametrize("app", APPS)
def test_few_modules_lie_loose(app: str) -> None:
    loose = [path.name for path in (ROOT / app).glob("*.py") if path.name != "__init__.py"]
    assert len(loose) <= MOST_LOOSE.get(app, LOOSE), sorted(loose)


def test_imports_form_no_circle() -> None:
    """Also those for types alone: what is annotated with a module needs it to be understood."""
    graph = grimp.build_graph(*APPS, exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert _circles(imports) == []


def test_no_import_hides_in_a_function() -> None:
    late = {
        path
        for kind in (ast.FunctionDef, ast.AsyncFunctionDef)
        for path, function in nodes(kind)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert late <= LATE.keys(), sorted(late - LATE.keys())
    assert late >= LATE.keys(), "Take what is not late any more off the list."


def _circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import each other, by Tarjan's algorithm for strongly connected parts."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = low[module] = len(order)
        stack.append(module)
        for other in imports[module]:
            if other not in order:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], order[other])
        if low[module] == order[module]:
            part = stack[stack.index(module) :]
            del stack[-len(part) :]
            if len(part) > 1:
                found.append(sorted(part))

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        for module in imports:
            if module not in order:
                visit(module)
    finally:
        sys.setrecursionlimit(limit)
    return found


def test_a_circle_would_be_found() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
