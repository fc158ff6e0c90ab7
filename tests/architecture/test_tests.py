"""The tests themselves: where one looks for them, and each process with its own database."""

from pathlib import Path

from django.db import connections

from tests import servers
from tests.architecture.source import ROOT, files, name

SMALL = 60  # lines; a module with fewer needs no test of its own
# Modules whose test is elsewhere or missing, each with the reason. The list only gets shorter.
EXCEPTIONS = {
    "portal/demo/outside.py": "tests/portal/demo/test_history.py runs it",
    "portal/demo/sample.py": "tests/portal/demo/test_history.py makes its clients",
    "portal/management/commands/doctor.py": "no test runs `doctor` yet",
    "portal/settings.py": "tests/portal/servers/test_deployment.py checks it as deployed",
    "tenants/sources/lookup.py": "tests/workflows/steps/test_retrieve.py finds records by it",
}


def place_of(module: Path) -> Path:
    """The place of a module's test, such as ``tests/audit/test_outbox.py``."""
    named = module.parent if module.name == "__init__.py" else module
    inside = named.relative_to(ROOT)
    return ROOT / "tests" / inside.parent / f"test_{inside.stem}.py"


def lacking() -> set[str]:
    """Modules of some length without a test at its place."""
    large = [path for path in files() if len(path.read_text("utf-8").splitlines()) >= SMALL]
    return {name(path) for path in large if not place_of(path).exists()}


def test_a_modules_test_is_where_one_looks_for_it() -> None:
    assert sorted(lacking() - EXCEPTIONS.keys()) == []


def test_the_list_of_exceptions_has_only_modules_without_their_test() -> None:
    assert sorted(EXCEPTIONS.keys() - lacking()) == []


def test_the_place_of_a_test_is_that_of_its_module() -> None:
    places = {
        name(place_of(ROOT / one)) for one in ("audit/outbox.py", "workflows/tools/__init__.py")
    }
    assert places == {"tests/audit/test_outbox.py", "tests/workflows/test_tools.py"}


def test_every_process_works_in_its_own_database() -> None:
    """Sharing one, parallel tests would see each other's rows."""
    for alias in connections:
        assert connections[alias].settings_dict["NAME"] == servers.database(), alias
