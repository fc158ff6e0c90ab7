"""Pages are read, filled and sent by a real Chromium, and only where they are as declared."""

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
    request_of,
    work,
)
from workflows.tools import ToolFailed

pytestmark = NEEDS_CHROMIUM


def test_a_page_is_read_as_it_shows(site: PageServer) -> None:
    site.pages["/"] = page("<h1>Orders</h1><p hidden>secretly</p><p>10412 is late.</p>")
    request = request_of(site)
    done = work(request)
    assert done == {
        "text": "Orders\n\n10412 is late.",
        "is_cut": False,
        "title": "A page",
        "address": f"{site.url}/",
    }
    [picture] = request.pictures
    assert picture.content[:2] == b"\xff\xd8"
    assert not picture.is_before


def test_an_agent_names_a_page_of_the_same_host(site: PageServer) -> None:
    site.pages["/orders/10412"] = page("<p>It is late.</p>")
    done = work(request_of(site, {"path": "/orders/10412?x=1"}, any_page=True, read="css=p"))
    assert done["text"] == "It is late."
    assert done["address"] == f"{site.url}/orders/10412?x=1"


def test_a_form_is_filled_and_sent_once(site: PageServer) -> None:
    request = request_of(site, ARGS, acts=True, steps=STEPS)
    done = work(request)
    form = {"order": ["10412 & more"], "why": ["Broken"], "tell": ["on"], "pin": [PIN]}
    assert site.asked("POST") == [("/send", form)]
    assert done["text"] == "The refund is made."
    assert [one.is_before for one in request.pictures] == [True, False]
    assert PIN not in str(done)


def test_the_field_of_a_secret_is_covered_in_the_picture(site: PageServer) -> None:
    """The picture is the same whatever the secret is."""

    def shot(pin: str) -> bytes:
        request = request_of(site, ARGS, acts=True, steps=STEPS)
        request.settings["values"] = {"pin": pin}
        request.settings["hidden"] = [pin]
        work(request)
        return request.pictures[0].content

    assert shot("first-secret-1") == shot("quite-another-2")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((b"Order <input", b"Number <input"), "shows no “Order”"),
        ((b"<button>", b"<button>Refund</button><button>"), "shows “Refund” 2 times"),
        ((b"<h1>", b"<h1>The refund is made."), "before anything is sent"),
        ((b"name=pin", b"type=file"), "takes a file"),
    ],
)
def test_a_page_that_differs_fails_before_anything_is_sent(
    site: PageServer, change: tuple[bytes, bytes], told: str
) -> None:
    site.pages["/"] = FORM.replace(*change)
    with pytest.raises(ToolFailed, match=told) as failed:
        work(request_of(site, ARGS, acts=True, steps=STEPS, seconds=20))
    assert not failed.value.retryable
    assert site.asked("POST") == []


def test_a_download_is_refused(site: PageServer) -> None:
    site.pages["/"] = lambda handler: handler.answer(
        b"x" * 1000, Content_Type="application/zip", Content_Disposition="attachment"
    )
    with pytest.raises(ToolFailed):
        work(request_of(site))


def test_dialogs_and_popups_do_not_hold_a_page(site: PageServer) -> None:
    site.pages["/pop"] = page("<p>popup</p>")
    site.pages["/"] = page("""<p id=said></p><script>
        alert("Look"); const yes = confirm("Really?"); window.open("/pop");
        document.getElementById("said").textContent = "sure: " + yes;</script>""")
    assert work(request_of(site))["text"] == "sure: false"


def test_a_long_page_is_cut(site: PageServer) -> None:
    site.pages["/"] = page("<p>" + "word " * 10_000)
    request = request_of(site)
    done = work(request)
    assert (len(done["text"]), done["is_cut"]) == (20_000, True)
    assert all(len(one.content) <= 300_000 for one in request.pictures)


def test_a_form_that_leads_on_is_followed(site: PageServer) -> None:
    """As most do: the answer to the form is the address of the next page, with a cookie."""
    site.pages["/send"] = lambda handler: handler.answer(
        b"", 303, Location="/done", Set_Cookie="told=yes"
    )
    site.pages["/done"] = lambda handler: handler.answer(
        SENT + f"<p>{handler.headers.get('Cookie')}</p>".encode()
    )
    done = work(request_of(site, ARGS, acts=True, steps=STEPS))
    assert done["text"] == "The refund is made.\n\ntold=yes"
    assert done["address"] == f"{site.url}/done"
    assert len(site.asked("POST")) == 1
