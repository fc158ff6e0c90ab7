"""T1: every route × method × role with another tenant's ids is the 404 of a missing one."""

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse, set_script_prefix

from tenants.models import User
from tests.browsing import browser
from tests.isolation import routes
from tests.isolation.furnished import Things
from tests.isolation.routes import API, INSIDE, METHODS, OTHERS, OUTSIDE, Route
from tests.world import World

pytestmark = pytest.mark.django_db
MISSING = {"week": "2001-01-01", "workflow": "no-such-lane", "source": "no-such-source"}
NOWHERE = "no-such-client"


def test_every_route_is_in_a_table() -> None:
    """T1. A new address comes with a line that says how another tenant's ids reach it."""
    assert set(routes.inside()) == set(INSIDE)
    outside = {name for name, text in routes.outside().items() if not text.startswith(OTHERS)}
    assert outside == set(OUTSIDE) | set(API)


def test_every_parameter_of_a_route_is_named() -> None:
    """An id in an address that the table leaves out would not be tried."""
    for name, text in {**routes.inside(), **routes.outside()}.items():
        route = INSIDE.get(name) or API.get(name)
        if route is not None:
            asked = re.findall(r"<(?:\w+:)?(\w+)>", text)
            assert set(asked) == set(route.kwargs), name


# -- Building requests --------------------------------------------------------------------


def fill(given: dict[str, str], ids: dict[str, str]) -> dict[str, str]:
    return {k: v[1:] if v.startswith("=") else ids[v] for k, v in given.items()}


def missing() -> dict[str, str]:
    """Ids that nobody has."""
    return _Nobody(MISSING)


class _Nobody(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return str(uuid4())


def path_of(name: str, slug: str, ids: dict[str, str]) -> str:
    set_script_prefix("/")
    kwargs = fill(INSIDE[name].kwargs, ids)
    return f"/t/{slug}" + reverse(name, urlconf=settings.TENANT_URLCONF, kwargs=kwargs)


def ask(who: Browser, method: str, path: str, slug: str, body: dict[str, str]) -> HttpResponse:
    if method == "POST":
        answer = who.post(path, {**body, "_tenant": slug})
    else:
        answer = who.generic(method, path, headers={"X-Handrail-Tenant": slug})
    return answer  # type: ignore[return-value]


def said(answer: HttpResponse, *hidden: str) -> tuple[int, str, str]:
    """What an answer tells, without the ids that were asked for and without tokens."""
    text = answer.content.decode()
    place = answer.headers.get("Location", "")
    for word in sorted(hidden, key=len, reverse=True):
        text, place = text.replace(word, "…"), place.replace(word, "…")
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1…", text)
    return answer.status_code, text, place


Walk = Callable[[str, Route, str], str | None]


def over(methods: tuple[str, ...], look: Walk, only_objects: bool = False) -> list[str]:
    """Every route by every method; what ``look`` finds wrong."""
    tried = [
        (name, route, method)
        for name, route in INSIDE.items()
        if route.has_object or not only_objects
        for method in methods
    ]
    found = [(f"{method} {name}", look(name, route, method)) for name, route, method in tried]
    return [f"{where}: {problem}" for where, problem in found if problem]


# -- Another tenant's prefix ----------------------------------------------------------------


def stranger_sees(who: Browser, theirs: Things) -> Walk:
    # A 404 for a client that there is not is the same on every address, so it is asked for once.
    missing: dict[str, tuple[int, str, str]] = {}

    def nobody(method: str, name: str, body: dict[str, str]) -> HttpResponse:
        return ask(who, method, path_of(name, NOWHERE, theirs.ids), NOWHERE, body)

    def look(name: str, route: Route, method: str) -> str | None:
        body = fill(route.body, theirs.ids)
        real = ask(who, method, path_of(name, theirs.slug, theirs.ids), theirs.slug, body)
        if real.status_code == 404:
            if method not in missing:
                missing[method] = said(nobody(method, name, body), theirs.slug, NOWHERE)
            wanted = missing[method]
        else:
            wanted = said(nobody(method, name, body), theirs.slug, NOWHERE)
        if said(real, theirs.slug, NOWHERE) != wanted:
            return f"{real.status_code}, and {wanted[0]} where there is no such client"
        if real.status_code not in (302, 404):
            return f"answers {real.status_code}"
        return None

    return look


def test_without_signing_in_a_client_looks_like_none(quill: Things) -> None:
    """T1. Everybody is asked to sign in, whether the client exists or not."""
    before = quill.events()
    assert over(METHODS, stranger_sees(Browser(), quill)) == []
    assert quill.events() == before


def test_people_of_one_client_find_nothing_of_another(world: World, quill: Things) -> None:
    """T1. A session, another tenant's prefix and its real ids."""
    before, harbor = quill.events(), world.harbor
    assert over(METHODS, stranger_sees(browser(harbor.owner), quill)) == []
    for person in (harbor.approver, harbor.viewer):
        assert over(("GET", "POST"), stranger_sees(browser(person), quill)) == []
    assert quill.events() == before


def test_staff_find_nothing_of_a_client_they_are_not_assigned_to(
    world: World, sable: Things
) -> None:
    """T1. Staff, unassigned."""
    before = sable.events()
    for person in (world.operator, world.reviewer):
        assert over(("GET", "POST"), stranger_sees(browser(person), sable)) == []
    assert sable.events() == before


def test_a_person_who_left_finds_nothing(world: World, quill: Things) -> None:
    """T1. A session that outlives the membership."""
    who = browser(world.quill.viewer)
    assert who.get(f"/t/{quill.slug}/workflows/").status_code == 200
    world.quill.viewer.memberships.update(is_active=False)
    assert over(("GET",), stranger_sees(who, quill)) == []


def test_a_key_opens_no_page(harbor: Things, quill: Things) -> None:
    """T1. Keys are for the API: on a page they are nobody."""
    for key in (harbor.key, quill.key):
        who = Browser(headers={"Authorization": f"Bearer {key}"})
        assert over(("GET", "POST"), stranger_sees(who, quill)) == []


# -- One's own prefix, another tenant's ids ---------------------------------------------------


def people(world: World) -> dict[str, User]:
    return {
        "owner": world.harbor.owner,
        "approver": world.harbor.approver,
        "viewer": world.harbor.viewer,
        # Staff are assigned to both tenants, and still see one at a time.
        "operator": world.operator,
        "reviewer": world.reviewer,
    }


def insider_sees(who: Browser, role: str, own: Things, theirs: Things) -> Walk:
    def look(name: str, route: Route, method: str) -> str | None:
        # Not the row's own content: what is asked for must not tell the two apart.
        nobody, asked = missing(), theirs.ids
        wanted = {k: nobody[k] for k in route.kwargs.values() if not k.startswith("=")}
        body = fill(route.body, own.ids)
        real = ask(who, method, path_of(name, own.slug, asked), own.slug, body)
        none = ask(who, method, path_of(name, own.slug, wanted), own.slug, body)
        if said(real, *asked.values()) != said(none, *wanted.values()):
            return f"{real.status_code}, and {none.status_code} for a missing one"
        if route.by == role and method in route.methods and real.status_code != 404:
            return f"answers {real.status_code}, not 404"
        return None

    return look


@pytest.mark.parametrize("role", ["owner", "approver", "viewer", "operator", "reviewer"])
def test_another_tenants_id_is_a_missing_one(
    world: World, harbor: Things, quill: Things, role: str
) -> None:
    """T1. One's own prefix, another tenant's real ids, against ids that nobody has."""
    before = (harbor.events(), quill.events())
    who = browser(people(world)[role])
    methods = METHODS if role in ("owner", "operator") else ("GET", "POST")
    look = insider_sees(who, role, harbor, quill)
    assert over(methods, look, only_objects=True) == []
    assert (harbor.events(), quill.events()) == before


def test_ones_own_ids_are_found(world: World, harbor: Things) -> None:
    """The other tests would pass on addresses that never lead anywhere."""
    who = {role: browser(person) for role, person in people(world).items()}
    answers = {
        name: who[route.by].get(path_of(name, harbor.slug, harbor.ids)).status_code
        for name, route in INSIDE.items()
        if "GET" in route.methods
    }
    # What nobody may add or delete in the admin is a 403 for everybody.
    refused = {name for name, status in answers.items() if status == 403}
    assert {n for n, status in answers.items() if status not in (200, 302, 403)} == set()
    assert refused <= {"admin:tenants_tenant_add", "admin:workflows_version_add"}


# -- The API ----------------------------------------------------------------------------------


def api(name: str, ids: dict[str, str] | None = None) -> str:
    set_script_prefix("/")
    kwargs = fill(API[name].kwargs, ids or {})
    return reverse(name, urlconf=settings.ROOT_URLCONF, kwargs=kwargs)


def call(key: str, method: str, path: str, given: dict[str, str] | None = None) -> HttpResponse:
    headers = {"Authorization": f"Bearer {key}"}
    body = json.dumps(given or {}) if method in ("POST", "PUT", "PATCH") else ""
    return Browser().generic(method, path, body, "application/json", headers=headers)  # type: ignore[return-value]


def test_another_tenants_id_is_a_missing_one_over_the_api(harbor: Things, quill: Things) -> None:
    """T1. Every API route × method with a key and another tenant's ids."""
    before, found = quill.events(), []
    for name, route in API.items():
        if not route.has_object:
            continue
        for method in METHODS:
            wanted = {k: str(uuid4()) for k in route.kwargs.values()}
            body = fill(route.body, harbor.ids)
            real, none = (
                call(harbor.key, method, api(name, ids), body) for ids in (quill.ids, wanted)
            )
            if said(real, *quill.ids.values()) != said(none, *wanted.values()):
                found.append(f"{method} {name}: {real.status_code} and {none.status_code}")
            if method in route.methods and real.status_code != 404:
                found.append(f"{method} {name}: {real.status_code}")
            own = call(harbor.key, method, api(name, harbor.ids), body)
            if method in route.methods and own.status_code not in (200, 201):
                found.append(f"{method} {name}: {own.status_code} for one's own")
    assert found == []
    assert quill.events() == before


def test_lists_of_the_api_hold_ones_own_only(harbor: Things, quill: Things) -> None:
    """T1."""
    for name in ("api:run-list", "api:review-item-list"):
        ids = {
            things.slug: {row["id"] for row in call(things.key, "GET", api(name)).json()["results"]}
            for things in (harbor, quill)
        }
        assert ids[harbor.slug]
        assert ids[quill.slug]
        assert not ids[harbor.slug] & ids[quill.slug]
