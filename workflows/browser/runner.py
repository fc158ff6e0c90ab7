"""Runner of one visit: starts the program that works a page, bounds it, and ends all of it.

The program gets its job on its input, so that no secret stands in arguments or variables.
"""

import asyncio
import base64
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from workflows.browser.processes import descendants, kill_all, private_memory
from workflows.browser.proxy import USER, BrowserProxy
from workflows.browser.rights import browser_rights
from workflows.browser.scripts import FORM_SCRIPT, SAID_SCRIPT

CHILD = Path(__file__).with_name("child.py")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    # Without it, addresses on loopback would be called past the proxy.
    "--proxy-bypass-list=<-loopback>",
    # Names are resolved by the proxy alone.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--js-flags=--max-old-space-size=512",
]
MOST_MEMORY = 1536 << 20  # bytes that all processes of a visit hold for themselves
LOOK_EVERY = 0.25  # seconds
LONGEST_LINE = 2 << 20  # bytes
AT_ONCE = 2  # visits of one worker: a browser takes hundreds of megabytes
_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(slots=True)
class Visited:
    """What came of a visit. ``has_submitted``: the button that sends a form may have been clicked.

    ``stopped`` is why it was ended from outside: time, memory, size or broken. ``form`` is the
    filled form as the page has it. ``has_held``: a preview kept a request back that may act.
    """

    has_submitted: bool = False
    done: dict[str, Any] | None = None
    failed: str = ""
    kind: str = ""
    stopped: str = ""
    has_held: bool = False
    form: dict[str, Any] | None = None
    refused: list[str] = field(default_factory=list)
    pictures: list[tuple[bool, bytes]] = field(default_factory=list)  # whether before, and JPEG

    def take(self, told: dict[str, Any]) -> None:
        """Take what the program said in one line."""
        self.has_submitted = self.has_submitted or bool(told.get("submitting"))
        if picture := told.get("picture"):
            self.pictures.append((bool(told.get("submitting")), base64.b64decode(picture)))
        self.done = told.get("done", self.done)
        self.failed = told.get("failed", self.failed)
        self.kind = told.get("kind", self.kind)
        self.form = told.get("form", self.form)
        self.has_held = self.has_held or bool(told.get("held"))


def browser_program() -> str:
    """Return the path of the browser; empty where there is none."""
    if settings.CHROMIUM:
        return shutil.which(settings.CHROMIUM) or ""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), "")


# Says in a sentence why a filled form is not sent; empty where it is.
Judge = Callable[[dict[str, Any]], str]


async def visit_page(
    job: dict[str, Any], allowed: list[str], seconds: float, judge: Judge = lambda form: ""
) -> Visited:
    """Work a page as a job says, within ``seconds``, and return what came of it.

    ``judge`` is asked before a filled form is sent.
    """
    loop = asyncio.get_running_loop()
    async with _places.setdefault(loop, asyncio.Semaphore(AT_ONCE)), BrowserProxy(allowed) as proxy:
        with tempfile.TemporaryDirectory(prefix="page-", ignore_cleanup_errors=True) as home:
            visited, rights = Visited(), browser_rights()
            if rights.user:
                os.chown(home, *rights.user)
            process = await _started(home)
            try:
                await _run(process, _whole_job(job, proxy, seconds), proxy, visited, seconds, judge)
            finally:
                kill_all(process.pid)
                await process.wait()
        visited.refused = list(proxy.refused)
    return visited


def _whole_job(job: dict[str, Any], proxy: BrowserProxy, seconds: float) -> bytes:
    rights = browser_rights()
    more = {
        "chromium": browser_program(),
        "switches": SWITCHES,
        "form_script": FORM_SCRIPT,
        "said_script": SAID_SCRIPT,
        "sandbox": rights.has_sandbox,
        "user": rights.user,
        "proxy": {"server": proxy.address, "username": USER, "password": proxy.password},
        "millis": seconds * 1000,
    }
    return (json.dumps(job | more) + "\n").encode()


async def _started(home: str) -> asyncio.subprocess.Process:
    """Start the program with nothing of ours in its environment."""
    path = os.environ.get("PATH", os.defpath)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(CHILD)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # it may repeat what a field was filled with
        cwd=home,
        env={"PATH": path, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"},
        start_new_session=True,
        limit=LONGEST_LINE,
    )


async def _run(
    process: asyncio.subprocess.Process,
    job: bytes,
    proxy: BrowserProxy,
    visited: Visited,
    seconds: float,
    judge: Judge,
) -> None:
    talk = asyncio.create_task(_talk(process, job, visited, judge))
    watches = {
        "memory": asyncio.create_task(_watch_memory(process.pid)),
        "size": asyncio.create_task(proxy.is_full.wait()),
    }
    tasks = {talk, *watches.values()}
    try:
        first, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if talk in first:
            visited.stopped = "" if talk.exception() is None else "broken"
        else:
            visited.stopped = next((why for why, one in watches.items() if one in first), "time")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _talk(
    process: asyncio.subprocess.Process, job: bytes, visited: Visited, judge: Judge
) -> None:
    """Hand the job over and take what is said until the program has ended or said the last."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(job)
    await process.stdin.drain()
    while line := await process.stdout.readline():
        told = json.loads(line)
        visited.take(told)
        if visited.done is not None or visited.failed:
            return
        if "form" in told:
            answer = json.dumps({"objection": judge(told["form"])})
            process.stdin.write(answer.encode() + b"\n")
            await process.stdin.drain()


async def _watch_memory(pid: int) -> None:
    """Return once the visit's processes hold more memory than they may."""
    while private_memory(await asyncio.to_thread(descendants, pid)) <= MOST_MEMORY:
        await asyncio.sleep(LOOK_EVERY)
