"""Pages that take too much are ended, with every process they had."""

import os
import time

import pytest

from tests.fakes.pages import PageServer
from tests.workflows.browser.page_kit import (
    NEEDS_CHROMIUM,
    page,
    request_of,
    work,
)
from workflows.browser.processes import descendants
from workflows.tools import ToolFailed

pytestmark = NEEDS_CHROMIUM


def test_a_page_that_never_loads_ends_in_time(site: PageServer) -> None:
    site.pages["/"] = lambda handler: time.sleep(20)
    began = time.monotonic()
    with pytest.raises(ToolFailed) as failed:
        work(request_of(site, seconds=4))
    assert time.monotonic() - began < 8
    assert (failed.value.kind, failed.value.retryable) == ("timeout", True)


def test_a_page_that_is_too_large_is_not_loaded(site: PageServer) -> None:
    site.pages["/"] = page("<script src=/large></script>")
    site.pages["/large"] = b"x" * (50 << 20)
    with pytest.raises(ToolFailed, match="more than it may"):
        work(request_of(site))


@pytest.mark.parametrize(
    "script", ["for (;;) {}", "onload = () => setTimeout(() => { for (;;) {} })"]
)
def test_a_script_that_never_ends_is_ended(site: PageServer, script: str) -> None:
    site.pages["/"] = page(f"<p>Hello</p><script>{script}</script>")
    with pytest.raises(ToolFailed):
        work(request_of(site, seconds=5, steps=[{"click": "css=p"}] * 3))
    assert _browsers() == []


def _browsers() -> list[int]:
    """The processes under this one that still run a browser."""
    time.sleep(0.3)
    found = []
    for pid in descendants(os.getpid())[1:]:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                if b"page-" in line.read():
                    found.append(pid)
        except OSError:
            continue
    return found


def test_a_script_that_takes_all_memory_is_ended(site: PageServer) -> None:
    site.pages["/"] = page(
        "<script>const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(7))</script>"
    )
    with pytest.raises(ToolFailed):
        work(request_of(site, seconds=15))
