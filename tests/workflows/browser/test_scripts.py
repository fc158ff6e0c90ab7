"""What a page's own browser tells of a form, whatever the page calls its parts."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tests.fakes.pages import PageServer
from tests.workflows.browser.page_kit import NEEDS_CHROMIUM, page, request_of
from workflows.browser.forms import MOST_FIELDS, PageForm
from workflows.tools import browser

pytestmark = NEEDS_CHROMIUM
STEPS = [{"fill": "Order", "argument": "order"}, {"submit": "Refund", "shows": "Done."}]


def form_of(site: PageServer, body: str) -> PageForm:
    site.pages["/"] = page(body)
    request = request_of(site, {"order": "10412"}, acts=True, steps=STEPS)
    with ThreadPoolExecutor(1) as pool:
        return PageForm.read(pool.submit(asyncio.run, browser.preview(request)).result().form)


def test_a_field_that_hides_the_forms_own_parts_hides_nothing(site: PageServer) -> None:
    """A field called "action" takes the place of the form's property of that name."""
    form = form_of(
        site,
        "<form method=post action=/send><label>Order <input name=action></label>"
        "<label>Other <input name=elements value=x></label>"
        "<button>Refund</button></form>",
    )
    assert (form.address, form.method) == (f"{site.url}/send", "post")
    assert [(one.name, one.value) for one in form.seen] == [
        ("action", "10412"),
        ("elements", "x"),
    ]


def test_the_button_may_send_it_elsewhere(site: PageServer) -> None:
    form = form_of(
        site,
        "<form method=get action=/ask><label>Order <input name=order></label>"
        "<button formaction=/send formmethod=post>Refund</button></form>",
    )
    assert (form.address, form.method) == (f"{site.url}/send", "post")


def test_what_people_see_is_kept_first_of_a_long_form(site: PageServer) -> None:
    hidden = "".join(f"<input type=hidden name=h{n} value=1>" for n in range(MOST_FIELDS + 20))
    form = form_of(
        site,
        f"<form method=post action=/send>{hidden}<label>Order <input name=order></label>"
        "<button>Refund</button></form>",
    )
    assert form.is_cut
    assert len(form.fields) == MOST_FIELDS
    assert form.fields[0].name == "order"


def test_fields_without_a_form_are_told_too(site: PageServer) -> None:
    form = form_of(site, "<label>Order <input id=order></label><button>Refund</button>")
    assert (form.address, form.method) == ("", "")
    assert [(one.title, one.value) for one in form.seen] == [("Order", "10412")]
