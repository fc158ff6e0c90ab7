"""Imports go one way, and what is confined stays where it is."""

import ast
import io
import subprocess
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout

from tests.architecture.source import ROOT, nodes, place

CONFINED = {
    "guardian": {"tenants/access.py", "tenants/models/keys.py"},
    "celery": {"audit/tasks.py", "audit/worker/wakeups.py", "portal/celery.py"},
    "kombu": {"portal/celery.py"},
    "litellm": {"workflows/gateway/litellm_gateway.py", "workflows/gateway/litellm_transport.py"},
    "aiohttp": {"workflows/tools/egress.py", "workflows/tools/http_sessions.py"},
    "httpx": {"workflows/gateway/litellm_transport.py"},
    "requests": {
        "portal/notices/channels/push.py",
        "tenants/network/sessions.py",
        "workflows/gateway/litellm_transport.py",
    },
    "python_socks": {"tenants/network/proxies.py"},
    "urllib3": {"tenants/network/sessions.py", "workflows/openapi/form_bodies.py"},
    "markitdown": {"tenants/sources/readers/office_markdown.py"},
    "openpyxl": {"tenants/sources/readers/sheets.py"},
    "pyarrow": {"tenants/sources/readers/parquet.py"},
    "pypdf": {"tenants/sources/readers/pdf.py"},
    "playwright": {"workflows/browser/child.py"},
    "imap_tools": {"workflows/triggers/mail/imap_connection.py"},
}
SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals")


def imported() -> list[tuple[str, ast.AST, str]]:
    """Every import, also those inside functions: file, node, module."""
    found: list[tuple[str, ast.AST, str]] = []
    for path, node in nodes(ast.Import):
        found += [(path, node, alias.name) for alias in node.names]
    for path, node in nodes(ast.ImportFrom):
        module = node.module or ""
        found += [(path, node, f"{module}.{alias.name}") for alias in node.names]
    return found


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_contracts_are_the_ones_the_house_is_built_on() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    contracts = {c["id"]: c for c in settings["contracts"]}
    assert contracts["layers"]["layers"] == [
        "portal",
        "workflows",
        "approvals",
        "audit",
        "tenants",
    ]
    assert {"guardian", "celery", "litellm", "egress", "http", "pure"} <= contracts.keys()


def test_libraries_stay_in_their_one_place() -> None:
    astray = [
        f"{place(path, node)} imports {module}"
        for path, node, module in imported()
        for library, allowed in CONFINED.items()
        if module.split(".")[0] == library and path not in allowed
    ]
    assert astray == []


def test_no_domain_signals() -> None:
    astray = [
        place(path, node)
        for path, node, module in imported()
        if module.startswith(SIGNALS) and not path.startswith("portal/")
    ]
    assert astray == []


def test_domain_apps_hold_no_http() -> None:
    edge = ("django.http", "django.views", "django.shortcuts", "django.urls", "rest_framework")
    astray = [
        place(path, node)
        for path, node, module in imported()
        if module.startswith(edge) and not path.startswith("portal/")
    ]
    assert astray == []


def test_there_is_no_common_and_no_utils() -> None:
    names = {path.split("/")[-1].removesuffix(".py") for path, *_ in nodes(ast.Module)}
    folders = {part for path, *_ in nodes(ast.Module) for part in path.split("/")[:-1]}
    assert not {"common", "utils", "util", "helpers", "misc"} & (names | folders)


def test_nothing_reads_the_clock_of_the_machine() -> None:
    """All times come from the one clock seam, so that tests and the demo can move it."""
    astray = []
    for path, node in nodes(ast.Call):
        called = ast.unparse(node.func)
        if called in (
            "timezone.now",
            "datetime.now",
            "datetime.utcnow",
            "datetime.datetime.now",
            "date.today",
        ):
            astray.append(place(path, node))
    # Django sets when a session ends by the machine's clock, and it is looked up by the same.
    allowed = ("tenants/clock.py", "portal/sessions.py")
    assert [where for where in astray if not where.startswith(allowed)] == []


def test_importing_an_app_does_not_load_the_model_libraries() -> None:
    """They take seconds and 190 MB; only workers need them."""
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; "
        "import django; django.setup(); import workflows.topics, workflows.services.runs; "
        "import portal.urls.root, portal.beat; "
        "print([m for m in ('litellm', 'openai') if m in sys.modules])"
    )
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == "[]"
