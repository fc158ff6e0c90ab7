"""One name means one thing: public classes, and functions outside shapes that modules share."""

import ast
from collections import defaultdict

from tests.architecture.source import files, name, tree

# What a registry or Django asks each of its modules for.
SHAPES = {"Settings", "Command"}
SHARED = {
    "address",
    "begin",
    "carry_out",
    "check",
    "check_settings",
    "complete",
    "deliver",
    "expressions_in",
    "page",
    "read",
    "register",
    "resolve",
    "token_address",
    "write",
}
# Their callers name the module: an address `views.edit`, a template the filter.
CALLED_BY_MODULE = ("views.py", "_views.py", "/templatetags/words.py")


def named(*kinds: type[ast.stmt]) -> dict[str, list[str]]:
    """Where each public name of the top level is defined, those of several modules alone."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in files():
        if name(path).endswith(CALLED_BY_MODULE) and ast.ClassDef not in kinds:
            continue
        for node in tree(path).body:
            if isinstance(node, kinds) and not node.name.startswith("_"):  # type: ignore[attr-defined]
                found[node.name].append(name(path))  # type: ignore[attr-defined]
    return {one: places for one, places in found.items() if len(places) > 1}


def test_a_class_has_a_name_of_its_own() -> None:
    found = named(ast.ClassDef)
    assert {one: places for one, places in found.items() if one not in SHAPES} == {}


def test_a_function_has_a_name_of_its_own() -> None:
    found = named(ast.FunctionDef, ast.AsyncFunctionDef)
    assert {one: places for one, places in found.items() if one not in SHARED} == {}
    assert found.keys() >= SHARED, sorted(SHARED - found.keys())
