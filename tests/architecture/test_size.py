"""Functions and files stay small, and the tail only ever gets shorter."""

import ast

from tests.architecture.source import files, name, nodes, place

# Never above these.
LONGEST_FUNCTION, LONGEST_FILE = 100, 500
# Worth a second thought; how many there are may only shrink. Lower these when you can.
LONG_FUNCTION, LONG_FILE = 50, 300
MOST_LONG_FUNCTIONS, MOST_LONG_FILES = 0, 0


def lengths() -> list[tuple[int, str]]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return sorted(
        (
            ((node.end_lineno or 0) - node.lineno + 1, f"{place(path, node)} {node.name}")
            for kind in kinds
            for path, node in nodes(kind)
        ),
        reverse=True,
    )


def file_lengths() -> list[tuple[int, str]]:
    # The settings are a list of facts, one a line.
    counted = [(len(p.read_text("utf-8").splitlines()), name(p)) for p in files()]
    return sorted((n for n in counted if n[1] != "portal/settings.py"), reverse=True)


def test_no_function_is_too_long() -> None:
    assert [f for f in lengths() if f[0] > LONGEST_FUNCTION] == []


def test_no_file_is_too_long() -> None:
    assert [f for f in file_lengths() if f[0] > LONGEST_FILE] == []


def test_long_functions_get_fewer() -> None:
    long = [f for f in lengths() if f[0] > LONG_FUNCTION]
    assert len(long) <= MOST_LONG_FUNCTIONS, long


def test_long_files_get_fewer() -> None:
    long = [f for f in file_lengths() if f[0] > LONG_FILE]
    assert len(long) <= MOST_LONG_FILES, long


def test_most_functions_are_short() -> None:
    found = [length for length, _ in lengths()]
    assert sum(length <= 20 for length in found) / len(found) > 0.85
