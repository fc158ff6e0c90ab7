"""Forms are filled for people to see, and nothing that may act goes out for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fakes.pages import PageServer
from tests.workflows.browser.page_kit import (
    ARGS,
    FORM,
    NEEDS_CHROMIUM,
    PIN,
    STEPS,
    page,
    request_of,
    work,
)
from workflows.browser.forms import PageForm
from workflows.tools import ToolFailed, ToolPreview, ToolRequest, browser

pytestmark = NEEDS_CHROMIUM
SEND = [STEPS[0], STEPS[4]]
ORDER = {"order": "10412 & more"}
SIGN_IN = b"""<!doctype html><title>Sign in</title><form method=post action=/in>
<label>PIN <input name=pin type=password></label><button>Sign in</button></form>"""


def preview(request: ToolRequest) -> ToolPreview:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, browser.preview(request)).result()


def test_a_form_is_filled_and_shown_and_not_sent(site: PageServer) -> None:
    site.pages["/"] = FORM.replace(
        b"<button>", b"<input type=hidden name=csrf value=t1><input name=who value=Ada><button>"
    )
    found = preview(request_of(site, ARGS, acts=True, steps=STEPS))
    assert site.asked("POST") == []
    assert found.picture[:2] == b"\xff\xd8"
    form = PageForm.read(found.form)
    assert (form.address, form.method) == (f"{site.url}/send", "post")
    assert [(one.title, one.said) for one in form.seen] == [
        ("Order", "10412 & more"),
        ("Why", "Broken"),
        ("Tell her", "yes"),
        ("PIN", "covered, as it is a secret"),
        ("who", "Ada"),
    ]
    assert PIN not in str(found.form)
    assert "t1" not in str(found.form)


def test_what_a_page_sends_once_a_value_stands_in_it_is_held_back(site: PageServer) -> None:
    site.pages["/seen"] = page("seen")
    site.pages["/"] = FORM.replace(
        b"name=order", b"name=order oninput=\"fetch('/seen', {method: 'POST', body: this.value})\""
    )
    preview(request_of(site, ORDER, acts=True, steps=SEND))
    assert site.asked("POST") == []
    assert work(request_of(site, ORDER, acts=True, steps=SEND))
    assert [path for path, _ in site.asked("POST")] == ["/seen", "/send"]


def test_a_form_behind_a_sign_in_is_shown(site: PageServer) -> None:
    site.pages["/"] = SIGN_IN
    site.pages["/in"] = lambda handler: handler.answer(b"", 303, Location="/form")
    site.pages["/form"] = FORM
    steps = [{"fill": "PIN", "secret": "secret:pin"}, {"click": "Sign in"}, *SEND]
    found = preview(request_of(site, ORDER, acts=True, steps=steps))
    assert [path for path, _ in site.asked("POST")] == ["/in"]
    assert PageForm.read(found.form).seen[0].said == "10412 & more"


def test_a_form_of_two_pages_is_not_shown_and_says_why(site: PageServer) -> None:
    site.pages["/"] = FORM.replace(b"Refund</button>", b"Next</button>")
    steps = [STEPS[0], {"click": "Next"}, STEPS[4]]
    with pytest.raises(ToolFailed, match="waits for an approval"):
        preview(request_of(site, ORDER, acts=True, steps=steps))
    assert site.asked("POST") == []


def test_a_page_that_shows_a_secret_is_not_pictured(site: PageServer) -> None:
    site.pages["/"] = FORM.replace(b"<h1>", f"<h1 title={PIN}>".encode())
    found = preview(request_of(site, ARGS, acts=True, steps=STEPS))
    assert found.picture == b""
    assert PIN not in str(found.form)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"action=/send", b"action=/elsewhere"), "another address"),
        ((b"<button>", b"<label>Fee <input name=fee value=9></label><button>"), "a field “Fee”"),
        ((b"<button>", b"<button formmethod=get>"), "in another way"),
        ((b"<option>Broken", b"<option value=all>Broken"), "“Why”"),
    ],
)
def test_a_form_that_changed_since_it_was_shown_is_not_sent(
    site: PageServer, change: tuple[bytes, bytes], said: str
) -> None:
    shown = preview(request_of(site, ARGS, acts=True, steps=STEPS)).form
    site.pages["/"] = FORM.replace(*change)
    made = request_of(site, ARGS, acts=True, steps=STEPS)
    request = ToolRequest(made.adapter, made.settings, made.args, made.key, shown=shown)
    with pytest.raises(ToolFailed, match=said) as failed:
        work(request)
    assert "Nothing was sent" in str(failed.value)
    assert not failed.value.retryable
    assert site.asked("POST") == []


def test_a_form_with_a_new_token_is_sent(site: PageServer) -> None:
    token = b"<input type=hidden name=csrf value=%b><button>"
    site.pages["/"] = FORM.replace(b"<button>", token % b"one")
    shown = preview(request_of(site, ARGS, acts=True, steps=STEPS)).form
    site.pages["/"] = FORM.replace(b"<button>", token % b"two")
    made = request_of(site, ARGS, acts=True, steps=STEPS)
    request = ToolRequest(made.adapter, made.settings, made.args, made.key, shown=shown)
    assert work(request)["text"] == "The refund is made."
