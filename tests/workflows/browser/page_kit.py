"""Pages that a real Chromium works in tests, and how a call of the tool is made."""

import asyncio
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from approvals.gate.tools import add_tool
from tenants.services.keys import set_secret
from tests.fakes.pages import PageServer
from tests.lanes import Lane
from workflows.tools import ToolPreview, ToolRequest, browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
REQUIRED = os.environ.get("HANDRAIL_BROWSER_TESTS") == "required"
NEEDS_CHROMIUM = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        CHROMIUM is None and not REQUIRED,
        reason="There is no Chromium on this machine: install it to run browser tests.",
    ),
]
FORM = b"""<!doctype html><title>Refund</title><h1>Refund</h1>
<form method=post action=/send>
<label>Order <input name=order></label>
<label>Why <select name=why><option>Late</option><option>Broken</option></select></label>
<label>Tell her <input type=checkbox name=tell></label>
<label>PIN <input name=pin></label>
<button>Refund</button></form>"""
SENT = b"<!doctype html><title>Done</title><p>The refund is made.</p>"
STEPS = [
    {"fill": "Order", "argument": "order"},
    {"fill": "Why", "argument": "why"},
    {"fill": "Tell her", "argument": "tell"},
    {"fill": "PIN", "secret": "secret:pin"},
    {"submit": "Refund", "shows": "The refund is made."},
]
ARGS = {"order": "10412 & more", "why": "Broken", "tell": True}
PIN = "pin-4711-of-the-crew"


def request_of(
    site: PageServer, args: dict[str, Any] | None = None, *, acts: bool = False, **settings: Any
) -> ToolRequest:
    named = {"start": f"{site.url}/", "seconds": 15} | settings
    resolved = {
        "settings": named,
        "values": {"pin": PIN},
        "hidden": [PIN],
        "allowed": [site.host],
    }
    return ToolRequest("browser", resolved, args or {}, "the-key", acts=acts)


def work(request: ToolRequest) -> dict[str, Any]:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, browser.carry_out(request)).result()


def preview(request: ToolRequest) -> ToolPreview:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, browser.preview(request)).result()


def page(body: str) -> bytes:
    return f"<!doctype html><title>A page</title>{body}".encode()


REFUNDING = """
workflow: refund-by-page
rung: {rung}
brief: {{why: The shop has no interface.}}
steps:
  - name: refund
    act: {{tool: shop.page_refund, args: {{order: "input.message"}}}}
"""


def refunding(lane: Lane, site: PageServer, rung: str) -> None:
    """A workflow that refunds by a page, whose PIN is a secret."""
    actor = lane.world.staff(lane.client)
    lane.client.tenant.allowed_hosts = [*lane.client.tenant.allowed_hosts, site.host]
    lane.client.tenant.save(update_fields=["allowed_hosts"])
    set_secret(name="pin", value=PIN, actor=actor)
    steps = [STEPS[0], *STEPS[3:]]
    add_tool(
        name="shop.page_refund",
        title="Refund by page",
        adapter="browser",
        effect="write",
        kind="refund",
        settings={"start": f"{site.url}/", "steps": steps},
        args_schema={
            "type": "object",
            "required": ["order"],
            "properties": {"order": {"type": "string", "maxLength": 2000}},
        },
        actor=actor,
    )
    lane.use(REFUNDING.format(rung=rung))
