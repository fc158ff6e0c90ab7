"""Tool adapter ``browser``: one web page, opened, read, filled and sent as staff wrote it down.

Its settings are ``workflows.browser.settings.BrowserSettings``. A model gives values for fields and
nothing else. A tool whose last step submits is a write; its button is clicked once.
"""

from importlib.util import find_spec
from typing import Any
from urllib.parse import quote, quote_plus

from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.network.addresses import parse_url
from tenants.services.keys import reveal_secret
from tenants.text.credentials import hidden_values, without_credentials
from workflows.browser.forms import PageForm, form_change
from workflows.browser.rights import browser_rights
from workflows.browser.runner import Judge, Visited, browser_program, visit_page
from workflows.browser.settings import (
    PATH,
    BrowserSettings,
    BrowserStep,
    ClickStep,
    FillStep,
    OpenPageStep,
    SubmitStep,
    browser_settings,
    check_values,
    page_address,
)
from workflows.exceptions.causes import Cause
from workflows.tools import (
    ToolFailed,
    ToolInDoubt,
    ToolPicture,
    ToolPreview,
    ToolRequest,
    egress,
)

NAME = "browser"
STOPPED = {
    "time": "The page took longer than it may.",
    "memory": "The page took more memory than it may.",
    "size": "The page loaded more than it may.",
    "broken": "The browser stopped.",
}


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid for settings with which no page can be worked, whatever the arguments."""
    browser_settings(settings)


def check_effect(settings: dict[str, Any], effect: str) -> None:
    """Raise Invalid where a tool that submits is not declared a write, or one that reads is."""
    submits = browser_settings(settings).submit is not None
    if submits != (effect == "write"):
        said = (
            "It submits a form, so it is a write." if submits else "It only reads: declare it so."
        )
        raise Invalid(said, code="bad_settings")


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid for a host that is not allowed, a missing secret, value or browser."""
    found = browser_settings(settings)
    egress.check_url(found.start, tenant.allowed_hosts)
    for name in found.secrets:
        if name not in secrets:
            raise Invalid(f"The secret {name} is not kept here. Add it first.", code="no_secret")
    check_values(found, args)
    if problem := _missing():
        raise Invalid(problem, code="bad_settings")


def _missing() -> str:
    """Return what has to be installed before a page can be worked; empty if nothing."""
    if find_spec("playwright") is None:
        return "Pages need Playwright here: install handrail with its extra “browser”."
    if not browser_program():
        return "Pages need Chromium here: install it, or name it in HANDRAIL_CHROMIUM."
    return browser_rights().problem


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return a tool's settings with its secrets, and the hosts that its pages may ask."""
    found = browser_settings(settings)
    values = {name: reveal_secret(name, found.start) for name in found.secrets}
    # A form that is sent by GET has them in its address.
    written = [way(value) for value in values.values() for way in (str, quote, quote_plus)]
    return {
        "settings": settings,
        "values": values,
        "hidden": hidden_values(written),
        "allowed": list(tenant.allowed_hosts),
    }


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Work the page and return its text, title and address.

    Raises ToolFailed where no form was sent, ToolInDoubt where one may have been.
    """
    hidden = request.settings["hidden"]
    shown = PageForm.read(request.shown, hidden) if request.shown else None

    def objection(form: dict[str, Any]) -> str:
        return form_change(shown, PageForm.read(form, hidden)) if shown else ""

    visited = await _visited(request, judge=objection)
    request.pictures.extend(
        ToolPicture(content, is_before) for is_before, content in visited.pictures
    )
    if visited.done is None:
        raise _failure(visited, hidden)
    done = {
        name: without_credentials(value, hidden) if isinstance(value, str) else value
        for name, value in visited.done.items()
    }
    return done | ({"refused_hosts": visited.refused} if visited.refused else {})


async def preview(request: ToolRequest) -> ToolPreview:
    """Fill the form and return it with its picture; its button is not clicked.

    From the first value of the action on nothing goes out that may act. A form with parts that are
    not seen is filled twice: those that differ by themselves, as tokens do, are not compared later.
    Raises ToolFailed where the form can't be filled so.
    """
    hidden = request.settings["hidden"]
    visited = await _visited(request, preview=True)
    if visited.done is None or visited.form is None:
        raise _failure(visited, hidden)
    form = PageForm.read(visited.form, hidden)
    if form.may_differ:
        again = (await _visited(request, preview=True)).form
        form = form.steady(PageForm.read(again, hidden) if again else None)
    picture = visited.pictures[-1][1] if visited.pictures else b""
    return ToolPreview(form.as_json(), picture)


async def _visited(
    request: ToolRequest, judge: Judge = lambda form: "", *, preview: bool = False
) -> Visited:
    """Visit the page of a call. Raises ToolFailed where it can't be visited at all."""
    settings = browser_settings(request.settings["settings"])
    try:
        check_effect(request.settings["settings"], "write" if request.acts else "read")
        job = _job(settings, request) | {"preview": preview}
        egress.check_url(settings.start, request.settings["allowed"])
    except Invalid as error:
        raise ToolFailed(error.message, cause=Cause.TOOL) from error
    if problem := _missing():
        raise ToolFailed(problem, cause=Cause.TOOL)
    seconds = min(settings.seconds, request.timeout or settings.seconds)
    return await visit_page(job, request.settings["allowed"], seconds, judge)


def _failure(visited: Visited, hidden: list[str]) -> ToolFailed | ToolInDoubt:
    """Return why a visit has no answer: it failed before its form was sent, or is in doubt."""
    said = visited.failed or STOPPED.get(visited.stopped) or STOPPED["broken"]
    if visited.refused:
        said += f" It asked for {', '.join(visited.refused[:3])}, which may not be called."
    if visited.has_held:
        said += " It asks to send something before its form is sent, which waits for an approval."
    said = without_credentials(said, hidden)
    is_slow = "time" in (visited.stopped, visited.kind[:4])
    if visited.has_submitted:
        told = f"The form may have been sent. {said} Look there whether it was."
        return ToolInDoubt(told, kind="timeout" if is_slow else "unavailable")
    if visited.kind == "stale":
        return ToolFailed(said, cause=Cause.FORM_CHANGED)
    if is_slow:
        return ToolFailed(said, retryable=True, kind="timeout")
    if visited.kind == "unavailable" or (visited.kind == "broken" and not visited.refused):
        return ToolFailed(said, retryable=True)
    return ToolFailed(said, cause=Cause.HOST if visited.refused else Cause.TOOL)


def _job(settings: BrowserSettings, request: ToolRequest) -> dict[str, Any]:
    """Return what the program is told. Raises Invalid for arguments that no field takes."""
    check_values(settings, request.args)
    steps = [_step(one, settings, request) for one in settings.steps]
    if settings.any_page and request.args.get(PATH) is not None:
        steps.append({"do": "open", "where": page_address(settings, str(request.args[PATH]))})
    start = parse_url(settings.start)
    assert start is not None
    return {
        "start": start.url,
        "steps": steps,
        "read": settings.read,
        "hidden": request.settings["hidden"],
    }


def _step(one: BrowserStep, settings: BrowserSettings, request: ToolRequest) -> dict[str, Any]:
    if isinstance(one, FillStep):
        secret = one.secret.removeprefix(REFERENCE)
        value = request.settings["values"][secret] if secret else request.args[one.argument]
        return {"do": "fill", "where": one.fill, "value": value, "hides": bool(secret)}
    if isinstance(one, OpenPageStep):
        return {"do": "open", "where": page_address(settings, one.open)}
    if isinstance(one, SubmitStep):
        return {"do": "submit", "where": one.submit, "shows": one.shows}
    if isinstance(one, ClickStep):
        return {"do": "click", "where": one.click}
    return {"do": "wait", "where": one.wait}
