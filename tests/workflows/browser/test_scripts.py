"""The scripts that a page runs: what they read of a form, and of all that a page says."""

from tests.fakes.pages import PageServer
from tests.workflows.browser.page_kit import (
    ARGS,
    FORM,
    NEEDS_CHROMIUM,
    PIN,
    STEPS,
    preview,
    request_of,
)
from workflows.browser.forms import MOST_FIELDS, PageForm

pytestmark = NEEDS_CHROMIUM


def test_a_secret_that_a_page_repeats_in_another_field_is_covered(site: PageServer) -> None:
    mirror = b'<label>PIN <input name=pin type=password oninput="seen.value = this.value">'
    copies = b"</label><label>Copy <input id=seen name=copy>"
    site.pages["/"] = FORM.replace(b"<label>PIN <input name=pin>", mirror + copies)
    found = preview(request_of(site, ARGS, acts=True, steps=STEPS))
    assert found.picture == b""
    assert PIN not in str(found.form)
    assert PageForm.read(found.form).seen[-1].said == "covered, as it is a secret"


def test_of_many_fields_those_that_people_see_are_kept_first(site: PageServer) -> None:
    hidden = b"<input type=hidden name=h value=1>" * MOST_FIELDS
    site.pages["/"] = FORM.replace(b"<label>Order", hidden + b"<label>Order")
    form = PageForm.read(preview(request_of(site, ARGS, acts=True, steps=STEPS)).form)
    assert (len(form.fields), form.is_cut) == (MOST_FIELDS, True)
    assert [one.title for one in form.fields[:4]] == ["Order", "Why", "Tell her", "PIN"]
    assert [one.value for one in form.kept_from_view] == ["1"] * (MOST_FIELDS - 4)


def test_a_shadow_says_a_secret_too(site: PageServer) -> None:
    script = b"""<div id=d></div><script>const root = d.attachShadow({mode: "open"});
    root.innerHTML = "<p></p>"</script>"""
    typing = b'name=pin type=password oninput="d.shadowRoot.firstChild.textContent = this.value"'
    site.pages["/"] = script + FORM.replace(b"name=pin", typing)
    assert preview(request_of(site, ARGS, acts=True, steps=STEPS)).picture == b""
