"""T8: staff with two clients in two tabs: a form posted under the other is refused."""

from html.parser import HTMLParser

import pytest

from tests.browsing import browser, fields
from tests.isolation.furnished import Things
from tests.isolation.routes import INSIDE
from tests.isolation.test_routes import fill, path_of
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_form_of_another_tenant_is_a_409_on_every_address(
    world: World, harbor: Things, quill: Things
) -> None:
    """T8. Staff of both, every route, every unsafe method; nothing is changed anywhere."""
    who, before = browser(world.operator), (harbor.events(), quill.events())
    wrong = []
    for name, route in INSIDE.items():
        path = path_of(name, harbor.slug, harbor.ids)
        body = fill(route.body, harbor.ids)
        answers = [who.post(path, {**body, "_tenant": quill.slug}), who.post(path, body)]
        answers += [
            who.generic(method, path, headers={"X-Handrail-Tenant": quill.slug})
            for method in ("POST", "PUT", "PATCH", "DELETE")
        ]
        wrong += [f"{name}: {a.status_code}" for a in answers if a.status_code != 409]
    assert wrong == []
    assert (harbor.events(), quill.events()) == before


def test_two_tabs_of_the_admin_do_not_mix(world: World, harbor: Things, quill: Things) -> None:
    """T8. A form opened in one client's tab, sent under the other's address."""
    who = browser(world.operator)
    sent = 0
    for name, route in INSIDE.items():
        if not (name.startswith("admin:") and "POST" in route.methods):
            continue
        theirs = who.get(path_of(name, quill.slug, quill.ids))
        if theirs.status_code == 403:
            continue
        form = fields(theirs.content)
        assert form["_tenant"] == quill.slug
        before = (harbor.events(), quill.events())
        answer = who.post(path_of(name, harbor.slug, harbor.ids), form)
        assert (name, answer.status_code) == (name, 409)
        assert (harbor.events(), quill.events()) == before
        sent += 1
    assert sent > 5


class _Forms(HTMLParser):
    """The posting forms of a page that lead inside, and what posts without a form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[str]] = []
        self.loose: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        inside = not given.get("action", "").startswith("/accounts/")
        if tag == "form" and given.get("method", "").lower() == "post" and inside:
            self.forms.append([])
            self._open = True
        elif tag == "input" and self._open and given.get("name") == "_tenant":
            self.forms[-1].append(given.get("value", ""))
        elif {"hx-post", "hx-put", "hx-patch", "hx-delete"} & given.keys() and not self._open:
            self.loose.append(self.get_starttag_text() or tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


def test_every_form_of_every_page_remembers_its_tenant(world: World, harbor: Things) -> None:
    """T8. Also forms we did not write, such as the admin's and its confirmations."""
    wrong, found = [], 0
    for person in (world.harbor.owner, world.operator):
        who = browser(person)
        for name in INSIDE:
            answer = who.get(path_of(name, harbor.slug, harbor.ids))
            is_page = answer.headers["Content-Type"].startswith("text/html")
            if answer.status_code != 200 or not is_page:
                continue
            page = _Forms()
            page.feed(answer.content.decode())
            found += len(page.forms)
            wrong += [f"{name}: {tenants}" for tenants in page.forms if harbor.slug not in tenants]
            wrong += [f"{name}: {tag}" for tag in page.loose]
    assert wrong == []
    assert found > 20
