"""The sample history: a week of the three clients, with their agents, shop, mailbox and servers."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from approvals.models import Proposal, Tool
from portal.demo import commands
from portal.demo.history import live_through
from portal.demo.outside import sent_mails
from portal.demo.sample import sample_slugs
from portal.servers.process import free_port
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.fakes.doors import allow
from workflows.drill.services import COMMAND_LINE, finish_drill, start_drill
from workflows.models import Call, McpServer, Run, Workflow

AGENTS = {
    "harbor-pine": "order-agent",
    "fernside-dental": "visit-agent",
    "cobalt-cycles": "job-agent",
}


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Iterator[str]:
    """The sample shop and mailbox in a process of their own, and the commands of the demo."""
    smtp, http = free_port(), free_port()
    line = [sys.executable, "-m", "portal.demo.outside", str(tmp_path), str(smtp), str(http)]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp
    settings.MCP_COMMANDS = commands.sample_commands("")
    host = f"127.0.0.1:{http}"
    allow(host)
    with subprocess.Popen(line) as process:
        try:
            _wait_for(f"http://{host}/")
            yield host
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.05)
    raise AssertionError("The sample shop did not start.")


@pytest.mark.usefixtures("committed")
def test_a_week_of_the_sample_clients(shop: str, tmp_path: Path) -> None:
    """Nothing fails, every workflow ran, each agent asked its client's MCP server, and
    its drill shows each fallback.
    """
    said: list[str] = []
    live_through(shop, tell=said.append, weeks=1)  # the clock of a test's database may be moved
    assert said == ["week 1 of 1"]
    assert {tenant.slug for tenant in Tenant.objects.all()} == set(sample_slugs()) == set(AGENTS)
    for tenant in Tenant.objects.all():
        with tenant_scope(tenant.pk):
            assert not Run.objects.filter(status="failed").exists()
            ran = set(Run.objects.values_list("workflow__slug", flat=True))
            assert ran == set(Workflow.objects.values_list("slug", flat=True))
            server = McpServer.objects.get()
            assert server.problem == ""
            tool = Tool.objects.get(adapter="mcp")
            asked = Call.objects.filter(name=tool.name)
            assert asked.count() == Run.objects.filter(workflow__slug=AGENTS[tenant.slug]).count()
            assert {call.status for call in asked} == {"done"}
            assert Proposal.objects.filter(status="executed").exists()
            agent = Workflow.objects.get(slug=AGENTS[tenant.slug])
            drill = finish_drill(start_drill(agent, actor=COMMAND_LINE))
            assert (drill.is_passed, drill.declared > 0) == (True, True), drill.rows
    assert sent_mails(tmp_path / "mail")
    assert (tmp_path / "shop.jsonl").read_text()
