"""Forms are filled for people to see, and nothing that may act goes out for it."""

import gzip
import itertools
from typing import Any

import pytest

from tests.fakes.pages import PageServer
from tests.workflows.browser.page_kit import (
    ARGS,
    FORM,
    NEEDS_CHROMIUM,
    PIN,
    SENT,
    STEPS,
    page,
    preview,
    request_of,
    work,
)
from workflows.browser.forms import PageForm
from workflows.tools import ToolFailed, ToolRequest

pytestmark = NEEDS_CHROMIUM
SEND = [STEPS[0], STEPS[4]]
ORDER = {"order": "10412 & more"}
SIGN_IN = b"""<!doctype html><title>Sign in</title><form method=post action=/in>
<label>PIN <input name=pin type=password></label><button>Sign in</button></form>"""

# Ways out of a page, each run when a value is typed into its field.
WAYS_OUT = b"""<script>function leak(typed) {
  const at = location.origin + "/leak?", socket = "ws://" + location.host + "/leak?";
  const post = `fetch("${at}${typed}", {method: "POST"}); new WebSocket("${socket}${typed}");`;
  const made = URL.createObjectURL(new Blob([post], {type: "text/javascript"}));
  for (const way of [
    () => new SharedWorker("/shared.js?" + typed),
    () => new Worker(made),
    () => window.open("/window.html?" + typed),
    () => navigator.sendBeacon(at, typed),
    () => new WebSocket(socket + typed),
    () => {
      for (const [method, target] of [["get", "frame"], ["post", "_blank"], ["get", ""]]) {
        const form = document.createElement("form");
        Object.assign(form, {method, target, action: "/leak"});
        form.append(Object.assign(document.createElement("input"), {name: "x", value: typed}));
        document.body.append(form);
        form.submit();
      }
    },
  ]) try { way(); } catch {}
}</script><iframe name=frame></iframe>"""
POST = b"fetch('/leak' + location.search, {method: 'POST'})"


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


def test_a_page_finds_no_way_out_for_a_value_but_to_ask_by_get(site: PageServer) -> None:
    script = {"Content-Type": "text/javascript"}
    site.pages["/shared.js"] = lambda handler: handler.answer(POST, **script)
    site.pages["/window.html"] = b"<script>%b</script>" % POST
    typing = b'name=order oninput="leak(this.value)"'
    site.pages["/"] = WAYS_OUT + FORM.replace(b"name=order", typing)
    found = preview(request_of(site, ORDER, acts=True, steps=SEND))
    assert PageForm.read(found.form).seen[0].said == "10412 & more"
    assert [path for _, path, _ in site.requests if "leak" in path or "window" in path] == []
    assert site.asked("POST") == []


def test_a_form_behind_a_sign_in_is_shown(site: PageServer) -> None:
    site.pages["/"] = SIGN_IN
    site.pages["/in"] = lambda handler: handler.answer(b"", 303, Location="/form")
    site.pages["/form"] = FORM
    steps = [{"fill": "PIN", "secret": "secret:pin"}, {"click": "Sign in"}, *SEND]
    found = preview(request_of(site, ORDER, acts=True, steps=steps))
    assert [path for path, _ in site.asked("POST")] == ["/in"]
    assert PageForm.read(found.form).seen[0].said == "10412 & more"


def test_cookies_and_redirects_are_a_previews_as_they_are_a_calls(site: PageServer) -> None:
    def first(handler: Any) -> None:
        handler.send_response(302)
        for one in ("a=1; Path=/", "b=2; Path=/; HttpOnly"):
            handler.send_header("Set-Cookie", one)
        handler.send_header("Location", "/sign")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def within(page: bytes, wanted: str, **headers: str) -> Any:
        def opened(handler: Any) -> None:
            given = set((handler.headers.get("Cookie") or "").split("; "))
            is_known = set(wanted.split()) <= given
            zipped = gzip.compress(page if is_known else b"Who are you?")
            handler.answer(zipped, Content_Encoding="gzip", **headers)

        return opened

    site.pages |= {
        "/": first,
        "/sign": within(SIGN_IN, "a=1 b=2"),
        "/in": lambda handler: handler.answer(b"", 303, Location="/form", Set_Cookie="c=3"),
        "/form": within(FORM, "a=1 b=2 c=3", Content_Security_Policy="img-src 'self'"),
    }
    steps = [{"fill": "PIN", "secret": "secret:pin"}, {"click": "Sign in"}, *SEND]
    found = preview(request_of(site, ORDER, acts=True, steps=steps))
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
    ("before", "now", "said"),
    [
        (b"<input type=hidden name=amount value=100>", (b"=100", b"=1000"), "“100” and now “1000”"),
        (b"<input type=hidden name=to value=ada>", (b"=ada", b"=eve"), "“to” from view"),
        (
            b"<select name=to style=display:none><option>ada</option></select>",
            (b"ada", b"eve"),
            "to",
        ),
    ],
)
def test_what_a_page_keeps_from_view_must_stay_the_same(
    site: PageServer, before: bytes, now: tuple[bytes, bytes], said: str
) -> None:
    site.pages["/"] = FORM.replace(b"<button>", before + b"<button>")
    shown = preview(request_of(site, ORDER, acts=True, steps=SEND)).form
    assert "ada" not in str(shown)
    site.pages["/"] = site.pages["/"].replace(*now)
    made = request_of(site, ORDER, acts=True, steps=SEND)
    request = ToolRequest(made.adapter, made.settings, made.args, made.key, shown=shown)
    with pytest.raises(ToolFailed, match=said):
        work(request)
    assert site.asked("POST") == []


def test_the_button_sends_what_it_sent_when_it_was_shown(site: PageServer) -> None:
    site.pages["/"] = FORM.replace(b"<button>", b"<button name=amount value=100>")
    shown = preview(request_of(site, ORDER, acts=True, steps=SEND)).form
    site.pages["/"] = FORM.replace(b"<button>", b"<button name=amount value=1000>")
    made = request_of(site, ORDER, acts=True, steps=SEND)
    request = ToolRequest(made.adapter, made.settings, made.args, made.key, shown=shown)
    with pytest.raises(ToolFailed, match="“amount”"):
        work(request)


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


def test_a_form_whose_tokens_are_new_each_time_is_sent(site: PageServer) -> None:
    count = itertools.count()
    token = b"action=/send;id=%d><input type=hidden name=csrf value=t%d>"

    def opened(handler: Any) -> None:
        now = next(count)
        handler.answer(FORM.replace(b"action=/send>", token % (now, now)))

    site.pages["/"] = opened
    for now in range(9):
        site.pages[f"/send;id={now}"] = SENT
    shown = preview(request_of(site, ORDER, acts=True, steps=SEND)).form
    assert PageForm.read(shown).address == f"{site.url}/send…"
    made = request_of(site, ORDER, acts=True, steps=SEND)
    request = ToolRequest(made.adapter, made.settings, made.args, made.key, shown=shown)
    assert work(request)["text"] == "The refund is made."
