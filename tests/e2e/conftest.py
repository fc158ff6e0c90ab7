"""A real browser: the system's Chromium, headless."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.processes import PRIVATE_HOSTS, processes

# Playwright keeps an event loop in the test's thread; Django takes that for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
REQUIRED = os.environ.get("HANDRAIL_BROWSER_TESTS") == "required"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the system's browser; as root Chromium has no sandbox of its own."""
    if CHROMIUM is None:
        if REQUIRED:
            pytest.fail("Chromium is needed here and not installed.")
        pytest.skip("There is no Chromium on this machine: install it to run browser tests.")
    quiet = ["--disable-gpu", "--no-first-run", "--disable-background-networking"]
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "chromium_sandbox": os.geteuid() != 0,
        "args": [*quiet, "--disable-component-update", "--disable-sync"],
    }


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one web process for all pages' tests: starting one takes seconds."""
    shop = {PRIVATE_HOSTS: "127.0.0.1:1"}  # where the worlds of these tests have theirs
    with processes(tmp_path_factory.mktemp("web"), **shop) as run:
        yield run.web()


@pytest.fixture(autouse=True)
def _no_page_left_open(browser: Browser) -> Iterator[None]:
    """A page that stays open would go on asking the web process while other tests run."""
    yield
    for context in browser.contexts:
        context.close()
