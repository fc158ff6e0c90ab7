"""Calls of a tool that works pages: what stands against one, what it answers, what is in doubt."""

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.gate.tools import add_tool
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import set_secret
from tests.fakes.pages import PageServer
from tests.lanes import Lane
from tests.workflows.browser.page_kit import (
    ARGS,
    FORM,
    NEEDS_CHROMIUM,
    PIN,
    SENT,
    STEPS,
    page,
    refunding,
    request_of,
    work,
)
from workflows.models import CallPicture
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, browser

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def site() -> Iterator[PageServer]:
    with PageServer({"/": FORM, "/send": SENT}) as made:
        yield made


def test_a_secret_that_a_page_repeats_is_in_no_answer_and_in_no_picture(site: PageServer) -> None:
    """G4"""
    site.pages["/send"] = SENT + f"<p>Your PIN: {PIN}</p><input value={PIN}>".encode()
    request = request_of(site, ARGS, acts=True, steps=STEPS)
    done = work(request)
    assert "Your PIN" in done["text"]
    assert PIN not in str(done)
    assert [one.is_before for one in request.pictures] == [True]


def test_a_form_whose_answer_is_lost_is_in_doubt(site: PageServer) -> None:
    """D4"""
    site.pages["/send"] = lambda handler: handler.connection.close()
    request = request_of(site, ARGS, acts=True, steps=STEPS, seconds=20)
    with pytest.raises(ToolInDoubt, match="may have been sent"):
        work(request)
    assert len(site.asked("POST")) == 1
    assert [one.is_before for one in request.pictures] == [True]


def test_a_page_that_shows_something_else_after_it_was_sent_is_in_doubt(site: PageServer) -> None:
    site.pages["/send"] = page("<p>Try again later.</p>")
    with pytest.raises(ToolInDoubt):
        work(request_of(site, ARGS, acts=True, steps=STEPS, seconds=20))
    assert len(site.asked("POST")) == 1


def test_a_tool_that_reads_sends_no_form(site: PageServer) -> None:
    """Its declaration was changed past its check; nothing is opened."""
    with pytest.raises(ToolFailed, match="so it is a write"):
        work(request_of(site, ARGS, acts=False, steps=STEPS))
    assert site.requests == []


@pytest.mark.parametrize(("status", "retryable"), [(404, False), (503, True)])
def test_a_page_that_says_it_failed_is_no_answer(
    site: PageServer, status: int, retryable: bool
) -> None:
    site.pages["/"] = lambda handler: handler.answer(b"<p>no</p>", status)
    with pytest.raises(ToolFailed, match=str(status)) as failed:
        work(request_of(site))
    assert failed.value.retryable is retryable


def test_what_stands_against_a_call_is_said_before_it(site: PageServer, settings: Any) -> None:
    tenant = Tenant(allowed_hosts=[site.host])
    wanted = {"start": f"{site.url}/", "steps": STEPS}
    browser.check(wanted, ARGS, tenant, frozenset({"pin"}))
    with pytest.raises(Invalid, match="secret pin is not kept"):
        browser.check(wanted, ARGS, tenant, frozenset())
    with pytest.raises(Invalid, match="allowed hosts"):
        browser.check(wanted, ARGS, Tenant(), frozenset({"pin"}))
    with pytest.raises(Invalid, match="why fills a field"):
        browser.check(wanted, ARGS | {"why": None}, tenant, frozenset({"pin"}))
    settings.CHROMIUM = "no-such-browser"
    with pytest.raises(Invalid, match="HANDRAIL_CHROMIUM"):
        browser.check(wanted, ARGS, tenant, frozenset({"pin"}))


def test_a_form_is_sent_once_a_person_approved_it_and_its_pictures_are_kept(
    lane: Lane, site: PageServer
) -> None:
    """G5"""
    refunding(lane, site, "execute_with_approval")
    lane.start(message="10412")
    assert site.asked("POST") == []
    lane.decide()
    assert lane.statuses() == {"refund": "executed"}
    [(path, form)] = site.asked("POST")
    assert (path, form["order"], form["pin"]) == ("/send", ["10412"], [PIN])
    [call] = lane.calls("tool")
    assert call.response["text"] == "The refund is made."
    assert PIN not in str((call.request, call.response))
    kept = CallPicture.objects.filter(call=call).order_by("id")
    assert [one.is_before for one in kept] == [True, False]
    assert all(bytes(one.content)[:2] == b"\xff\xd8" for one in kept)


def test_a_workflow_that_may_only_draft_sends_no_form(lane: Lane, site: PageServer) -> None:
    """G1"""
    refunding(lane, site, "draft_only")
    lane.start(message="10412")
    assert lane.statuses() == {}
    assert site.requests == []


def test_a_tool_is_declared_as_what_its_steps_do(lane: Lane, site: PageServer) -> None:
    actor = lane.world.staff(lane.client)
    empty = {"type": "object", "properties": {}}
    for effect, kind, steps in (("read", None, STEPS[-1:]), ("write", "edit", [])):
        with pytest.raises(Invalid, match="can't be used"):
            add_tool(
                name="shop.page",
                title="A page",
                adapter="browser",
                effect=effect,
                kind=kind,
                settings={"start": f"{site.url}/", "steps": steps},
                args_schema=empty,
                actor=actor,
            )


def test_a_secret_in_an_address_is_hidden_however_it_is_written(
    lane: Lane, site: PageServer
) -> None:
    """G4: a form that is sent by GET has what was filled in its address."""
    site.pages["/"] = FORM.replace(b"method=post", b"method=get")
    odd = "odd & secret/4711"
    set_secret(name="pin", value=odd, actor=lane.world.staff(lane.client))
    tenant = lane.tenant()
    tenant.allowed_hosts = [site.host]
    resolved = browser.resolve({"start": f"{site.url}/", "steps": STEPS}, tenant)
    done = work(ToolRequest("browser", resolved, ARGS, "the-key"))
    assert "order=10412" in done["address"]
    assert "4711" not in str(done)
    assert "odd+%26+secret%2F4711" in str(site.requests)
