"""Program that works one web page with Chromium, in a process of its own.

It reads a job as a line of JSON and answers with lines of JSON: ``form`` with the filled form,
whose answer says whether it is sent, ``submitting`` before the button is clicked that sends it, and
at the end ``done`` or ``failed``. A preview ends with its form, and clicks nothing. It imports
nothing of ours.
"""

import base64
import hashlib
import json
import os
import resource
import sys
from typing import Any, Literal

from playwright.sync_api import (
    Browser,
    ElementHandle,
    Error,
    Frame,
    Locator,
    Page,
    Route,
    TimeoutError,
    sync_playwright,
)

WIDTH, HEIGHT = 1024, 768
TALLEST = 3_000  # pixels of a picture
LARGEST_PICTURE = 300_000  # bytes
LONGEST_TEXT = 20_000  # characters of the answer
CPU_SECONDS = 60  # of each process
LARGEST_FILE = 256 << 20  # bytes
SAFE = {"GET", "HEAD", "OPTIONS"}
FIELDS: list[Literal["checkbox", "combobox", "listbox", "radio", "spinbutton", "textbox"]] = [
    "checkbox",
    "combobox",
    "listbox",
    "radio",
    "spinbutton",
    "textbox",
]
# Requests of other windows and of shared workers pass by the routes of a page.
POLICY = "content-security-policy"
ONE_PAGE = "sandbox allow-forms allow-modals allow-same-origin allow-scripts; worker-src 'none'"


class PageDiffersError(Exception):
    """A page that is not as the tool was declared."""


def say(**told: Any) -> None:
    """Tell the process that started this one."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def work_page() -> None:
    """Do the job that comes in."""
    job = json.loads(sys.stdin.readline())
    if job["user"]:
        become(*job["user"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=job["chromium"],
                chromium_sandbox=job["sandbox"],
                proxy=job["proxy"],
                args=job["switches"],
                timeout=job["millis"],
            )
            Visit(browser, job).go()
    except PageDiffersError as error:
        say(failed=str(error), kind="differs")
    except TimeoutError:
        say(failed="The page did not load or answer in time.", kind="timeout")
    except Error as error:
        say(failed=error.message.partition("\n")[0][:300], kind="broken")


def become(user: int, group: int) -> None:
    """Give up the rights of root for good, before anything of a page is there."""
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)


class Visit:
    """Visit of a page, from its start to its answer."""

    def __init__(self, browser: Browser, job: dict[str, Any]) -> None:
        self.job = job
        context = browser.new_context(
            accept_downloads=False,
            service_workers="block",
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        context.set_default_timeout(job["millis"])
        context.route("**/*", self.send_once)
        self.page = context.new_page()
        self.covered: list[Locator] = []
        self.secrets = [step["value"] for step in job["steps"] if step.get("hides")]
        self.is_preview = bool(job.get("preview"))
        self.only_reads = False  # from the first value of an action that no one has approved
        self.may_move = True  # to another page, as a step asks for it
        if self.is_preview:
            context.route_web_socket("**/*", lambda socket: socket.close())
        self.page.on("dialog", lambda dialog: dialog.dismiss())
        context.on("page", lambda popup: popup.close())

    def go(self) -> None:
        """Open the start, do each step and tell what is read then."""
        self.open(self.job["start"])
        for step in self.job["steps"]:
            getattr(self, step["do"])(**{k: v for k, v in step.items() if k != "do"})
        if self.is_preview:
            return
        read = self.one(place(self.page, self.job["read"], "text"), self.job["read"])
        text = read.evaluate("(e, n) => (e.innerText || '').slice(0, n)", LONGEST_TEXT + 1)
        text = str(text)
        is_cut = len(text) > LONGEST_TEXT
        say(
            done={
                "text": text[:LONGEST_TEXT],
                "is_cut": is_cut,
                "title": self.page.title()[:300],
                "address": self.page.url[:1000],
            },
            picture=self.picture(),
        )

    def send_once(self, route: Route) -> None:
        """Let a request go out; one that may act is sent by Playwright, which sends it once.

        Chromium sends a form again where a connection breaks before the answer. Pages of a preview
        are fetched so too, to bound what they may do.
        """
        request = route.request
        is_safe, is_document = request.method in SAFE, request.resource_type == "document"
        if self.only_reads and not (is_safe and (self.may_move or not is_document)):
            say(held=True)
            if is_document:
                route.fulfill(status=204)  # the page stays; an error would take its place
            else:
                route.abort()
            return
        if is_safe and not (is_document and self.is_preview):
            route.continue_()
            return
        try:
            answer = route.fetch(max_redirects=0, max_retries=0, timeout=self.job["millis"])
            headers = answer.headers
            if self.is_preview:
                own = headers.get(POLICY)
                headers = {**headers, POLICY: f"{own}, {ONE_PAGE}" if own else ONE_PAGE}
            route.fulfill(response=answer, headers=headers)
        except Error:
            route.abort()

    def open(self, where: str) -> None:
        """Open a page; one that says it failed is no page."""
        self.may_move = True
        response = self.page.goto(where, wait_until="load")
        if response is not None and response.status >= 400:
            kind = "unavailable" if response.status >= 500 else "differs"
            say(failed=f"The page answered {response.status}.", kind=kind)
            sys.exit(0)

    def fill(self, where: str, value: Any, hides: bool) -> None:
        """Fill one field, whatever kind of field it is."""
        field = self.one(place(self.page, where, "field"), where)
        if hides:
            self.covered.append(field)
        else:
            self.only_reads, self.may_move = self.is_preview, False
        kind = field.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if kind == "file":
            raise PageDiffersError(f"“{where}” takes a file, which is not given here.")
        if kind == "select":
            field.select_option(label=str(value))
        elif kind in ("checkbox", "radio"):
            field.set_checked(value is True)
        else:
            field.fill(str(value))

    def click(self, where: str) -> None:
        """Click one button or link and let its page load."""
        button = self.one(place(self.page, where, "button"), where)
        self.may_move = True
        button.click()
        self.page.wait_for_load_state("load")

    def wait(self, where: str) -> None:
        """Wait until a text shows."""
        place(self.page, where, "text").first.wait_for()

    def submit(self, where: str, shows: str) -> None:
        """Click the button that sends the form, once, and wait for what shows that it is done."""
        button = self.one(place(self.page, where, "button"), where)
        if place(self.page, shows, "text").count():
            raise PageDiffersError(f"The page shows “{shows}” before anything is sent.")
        self.may_move = not self.is_preview
        button.click(trial=True)
        form = self.form_of(button)
        if self.is_preview:
            say(form=form, picture=self.picture(), done={})
            return
        say(form=form)
        if objection := json.loads(sys.stdin.readline())["objection"]:
            say(failed=objection, kind="stale")
            sys.exit(0)
        say(submitting=True, picture=self.picture())
        button.click()
        self.wait(shows)

    def form_of(self, button: Locator) -> dict[str, Any]:
        """Return the form of a button. Of what is not seen it has fingerprints, not values."""
        known = {"secrets": self.secrets, "hidden": self.job["hidden"], "covered": self.handles()}
        form: dict[str, Any] = button.evaluate(self.job["form_script"], known)
        for field in form["fields"]:
            if unseen := field.pop("unseen"):
                field["sent"] = hashlib.sha256(unseen.encode(errors="replace")).hexdigest()[:32]
        return form

    def handles(self) -> list[ElementHandle]:
        """Return the fields that were filled from secrets, as they are on the page now."""
        return [one for found in self.covered for one in found.element_handles()]

    def one(self, found: Locator, where: str) -> Locator:
        """Return the one element of a place. Raises PageDiffersError for none and for several."""
        try:
            found.first.wait_for(timeout=self.job["millis"] / 4)
        except TimeoutError:
            raise PageDiffersError(f"The page shows no “{where}”.") from None
        if (count := found.count()) != 1:
            raise PageDiffersError(f"The page shows “{where}” {count} times, not once.")
        return found

    def picture(self) -> str:
        """Return a picture of the page without secrets; nothing where none can be had."""
        if any(self.shows_secret(frame) for frame in self.page.frames):
            return ""
        passwords = [frame.locator("input[type=password]") for frame in self.page.frames]
        tall = self.page.evaluate("document.documentElement.scrollHeight")
        tall = min(max(int(tall), 100), TALLEST)
        for height, quality in ((tall, 70), (tall, 40), (HEIGHT, 30)):
            try:
                made = self.page.screenshot(
                    type="jpeg",
                    quality=quality,
                    full_page=True,
                    clip={"x": 0, "y": 0, "width": WIDTH, "height": height},
                    mask=[*passwords, *self.covered],
                    mask_color="#8a9490",
                    timeout=5_000,
                )
            except Error:
                return ""
            if len(made) <= LARGEST_PICTURE:
                return base64.b64encode(made).decode()
        return ""

    def shows_secret(self, frame: Frame) -> bool:
        """Whether a page says a secret outside the field that it was filled into."""
        try:
            covered = self.handles() if frame == self.page.main_frame else []
            said = [frame.content(), *map(str, frame.evaluate(self.job["said_script"], covered))]
        except Error:
            return True
        is_repeated = any(one in text for one in self.job["hidden"] for text in said)
        return is_repeated or any(one in said for one in self.secrets)  # of any length


def place(page: Page, where: str, kind: str) -> Locator:
    """Return what shows where a label, a button's name, a text or a selector says."""
    if where.startswith("css="):
        found = page.locator(where)
    elif kind == "field":
        found = page.get_by_label(where, exact=True)
        for role in FIELDS:  # a label around a list has the list's words in its text
            found = found.or_(page.get_by_role(role, name=where, exact=True))
    elif kind == "button":
        button = page.get_by_role("button", name=where, exact=True)
        found = button.or_(page.get_by_role("link", name=where, exact=True))
    else:
        found = page.get_by_text(where)
    return found.filter(visible=True)


if __name__ == "__main__":
    work_page()
