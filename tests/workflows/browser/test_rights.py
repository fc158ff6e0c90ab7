"""The browser has no rights of root, unless the deployment says so."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.models import Tenant
from tests.fakes.pages import PageServer
from tests.workflows.browser.page_kit import NEEDS_CHROMIUM, page
from workflows.browser.processes import descendants
from workflows.browser.rights import NO_USER, browser_rights
from workflows.browser.runner import visit_page
from workflows.tools import browser


def as_root(monkeypatch: pytest.MonkeyPatch, uid: int = 0) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)


def test_an_ordinary_user_keeps_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    as_root(monkeypatch, 1000)
    found = browser_rights()
    assert (found.user, found.has_sandbox, found.problem) == (None, True, "")


def test_root_becomes_the_user_that_is_named(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    as_root(monkeypatch)
    settings.CHROMIUM_USER = "nobody"
    found = browser_rights()
    assert found.user is not None
    assert found.user[0] != 0
    assert found.has_sandbox


@pytest.mark.parametrize(
    ("name", "said"), [("", NO_USER), ("no-such-user", "no user no-such-user"), ("root", "root")]
)
def test_root_works_no_page_without_another_user(
    monkeypatch: pytest.MonkeyPatch, settings: Any, name: str, said: str
) -> None:
    as_root(monkeypatch)
    settings.CHROMIUM_USER, settings.CHROMIUM_AS_ROOT = name, False
    assert said in browser_rights().problem


def test_root_may_be_allowed_without_a_sandbox(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    as_root(monkeypatch)
    settings.CHROMIUM_USER, settings.CHROMIUM_AS_ROOT = "", True
    found = browser_rights()
    assert (found.user, found.has_sandbox, found.problem) == (None, False, "")


def test_a_call_says_so_before_it_is_put_up(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    as_root(monkeypatch)
    settings.CHROMIUM_USER, settings.CHROMIUM_AS_ROOT = "", False
    settings.CHROMIUM = "sh"  # any program that is there
    tenant = Tenant(allowed_hosts=["shop.example"])
    with pytest.raises(Invalid, match="HANDRAIL_CHROMIUM_USER"):
        browser.check({"start": "https://shop.example/"}, {}, tenant, frozenset())


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become another user.")
class TestAsRoot:
    """A visit that a worker of root makes."""

    pytestmark = NEEDS_CHROMIUM

    def test_every_process_of_the_page_is_of_the_named_user(self, settings: Any) -> None:
        settings.CHROMIUM_USER, settings.CHROMIUM_AS_ROOT = "nobody", False
        rights = browser_rights()
        assert rights.user is not None
        seen: set[tuple[str, int]] = set()
        bare: list[int] = []
        others = set(descendants(os.getpid()))  # the browser of a test in this process, for one

        def look(handler: Any) -> None:
            for pid in set(descendants(os.getpid())) - others:
                with suppress(OSError):  # it has ended meanwhile
                    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                    if b"child.py" in b" ".join(command) or b"chromium" in command[0]:
                        seen.add((command[0].decode(), Path(f"/proc/{pid}").stat().st_uid))
                        bare.extend(command.count(b"--no-sandbox") * [pid])
            handler.answer(page("<p>hello</p>"))

        with PageServer({"/": look}) as site, ThreadPoolExecutor(1) as pool:
            job = {"start": f"{site.url}/", "steps": [], "read": "css=p", "hidden": []}
            visit = visit_page(job, [site.host], 30)
            visited = pool.submit(asyncio.run, visit).result()
        assert visited.done is not None, visited
        assert any("chromium" in name for name, _ in seen)
        assert {uid for _, uid in seen} == {rights.user[0]}
        assert bare == []  # none without Chromium's own sandbox
