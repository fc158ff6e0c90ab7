"""Filters of the queue under names: each person's own, opened again, counted, removed."""

import re
from html import unescape

import pytest
from django.http import HttpResponse

from approvals.models import ReviewItem
from audit.models import Event
from portal.review.queue import saved_filters
from portal.review.queue.models import SavedFilter
from portal.review.queue.saved_filters import MOST, save_filter
from tenants.actors import SYSTEM
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.ids import uuid7
from tenants.models import User
from tenants.scope import tenant_scope
from tests.portal.queue_kit import due, in_sidebar, tab_counts, titles, wait, waiting
from tests.portal.review.queue.test_ordering import help_pages
from tests.portal.review_kit import Visitor, ask, inside, text
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


def save(visitor: Visitor, name: str, **state: str) -> HttpResponse:
    return visitor.post("/review/filters/", {"name": name, **state})


def chips(page: str) -> dict[str, tuple[str, str, bool]]:
    """The saved filters above a list: name to address, number, whether it is shown."""
    found = re.search(r'<ul class="chips".*?</ul>', page, re.DOTALL)
    links = (
        re.findall(r'<li class="chip"><a href="([^"]+)"([^>]*)>(.*?)</a>', found[0])
        if found
        else []
    )
    read = {}
    for address, attributes, inner in links:
        name, _, count = unescape(re.sub(r"<[^>]+>", "\n", inner)).partition("\n")
        count = count.replace("waiting", "").strip()
        read[name.strip()] = (unescape(address), count, "aria-current" in attributes)
    return read


def saved(client: Client, user: User | None = None) -> dict[str, dict[str, str]]:
    """What is kept for a person, the owner if nobody is named."""
    with tenant_scope(client.tenant.pk):
        rows = SavedFilter.objects.filter(person=user or client.owner)
        return dict(rows.values_list("name", "query"))


def test_what_is_shown_is_saved_under_a_name_and_opened_again(world: World, owner: Visitor) -> None:
    client = world.harbor
    ask(client)
    wait(client, ("Adam", help_pages(client), due(hours=2)))
    state = {"kind": "actions", "who": "team", "group": "customer"}
    state["workflow"] = "refund-replies"
    answer = save(owner, "  Refunds  of <today> ", **state)
    query = "?kind=actions&who=team&group=customer&workflow=refund-replies"
    assert answer["Location"] == f"/t/harbor-pine/review/{query}"
    page = text(owner.get("/review/"))
    assert "Saved: Refunds of &lt;today&gt;" in page
    assert chips(page) == {"Refunds of <today>": (answer["Location"], "1", False)}
    again = text(owner.get(f"/review/{query}&after="))
    assert chips(again)["Refunds of <today>"][2]
    assert len(titles(again)) == 1
    with tenant_scope(client.tenant.pk):
        (event,) = Event.objects.filter(verb="filter.saved")
        assert (event.object_label, event.after) == ("Refunds of <today>", {"query": state})


def test_only_what_the_queue_knows_is_kept(world: World, owner: Visitor) -> None:
    """Extra fields are inert: no place in the list, no address, no other person."""
    save(
        owner,
        "Mine",
        kind="all",
        who="mine",
        q="mia",
        after="1_0",
        next="https://elsewhere.example",
        query='{"who": "team"}',
        person=str(world.harbor.viewer.pk),
        tenant=str(world.quill.tenant.pk),
    )
    assert saved(world.harbor) == {"Mine": {"q": "mia"}}
    assert saved(world.quill) == {}
    assert saved(world.harbor, world.harbor.viewer) == {}
    assert chips(text(owner.get("/review/")))["Mine"][1] == ""  # nobody counts words


@pytest.mark.parametrize(
    "state",
    [
        {"kind": "decided"},
        {"kind": "nonsense"},
        {"who": "https://elsewhere.example"},
        {"group": "asked_by"},
        {"due": "2026-01-01"},
        {"workflow": "nowhere"},
        {"q": "x" * 101},
        {"q": "a\x00b"},
    ],
)
def test_what_the_queue_does_not_know_is_refused(
    world: World, owner: Visitor, state: dict[str, str]
) -> None:
    assert save(owner, "Odd", **state).status_code == 302
    assert saved(world.harbor) == {}
    assert 'class="notice error"' in text(owner.get("/review/"))


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\u202eb", "a\x00b"])
def test_a_filter_needs_a_name_that_can_be_read(world: World, name: str) -> None:
    actor = world.harbor.actor()
    with tenant_scope(world.harbor.tenant.pk), pytest.raises(Invalid, match="a name of up to 40"):
        save_filter(name=name, state={}, actor=actor)


def test_the_same_name_replaces(world: World, owner: Visitor) -> None:
    save(owner, "Today", due="today")
    save(owner, "Today", due="today", group="customer")
    assert saved(world.harbor) == {"Today": {"due": "today", "group": "customer"}}


def test_a_person_keeps_twenty_and_may_still_replace_one(
    world: World, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST == 20
    monkeypatch.setattr(saved_filters, "MOST", 2)
    for name in ("One", "Two", "Three"):
        save(owner, name, due="today")
    assert set(saved(world.harbor)) == {"One", "Two"}
    assert "You have 2 saved filters. Remove one" in text(owner.get("/review/"))
    save(owner, "Two", due="week")
    assert saved(world.harbor)["Two"] == {"due": "week"}
    approver = inside(world.harbor, world.harbor.approver)
    save(approver, "Three", due="today")
    assert set(saved(world.harbor, world.harbor.approver)) == {"Three"}
    with tenant_scope(world.harbor.tenant.pk), pytest.raises(Conflict):
        save_filter(name="Four", state={}, actor=world.harbor.actor())


def test_a_filter_is_removed_by_its_owner_alone(world: World, owner: Visitor) -> None:
    client = world.harbor
    save(owner, "Today", due="today")
    save(inside(world.quill), "Theirs", due="today")
    with tenant_scope(client.tenant.pk):
        own = SavedFilter.objects.get().pk
    with tenant_scope(world.quill.tenant.pk):
        theirs = SavedFilter.objects.get().pk
    for visitor, pk in (
        (inside(client, client.approver), own),
        (inside(client, world.operator), own),
        (owner, theirs),
        (owner, uuid7()),
    ):
        assert visitor.post(f"/review/filters/{pk}/remove/", {}).status_code == 404
    assert set(saved(client)) == {"Today"}
    assert set(saved(world.quill)) == {"Theirs"}
    answer = owner.post(f"/review/filters/{own}/remove/", {"group": "customer", "x": "y"})
    assert answer["Location"] == "/t/harbor-pine/review/?group=customer"
    assert saved(client) == {}
    with tenant_scope(client.tenant.pk):
        assert Event.objects.filter(verb="filter.removed").count() == 1


def test_nobody_sees_somebody_elses_filter(world: World, owner: Visitor) -> None:
    save(owner, "Today", due="today")
    others = (
        inside(world.harbor, world.harbor.approver),
        inside(world.harbor, world.harbor.viewer),
        inside(world.harbor, world.operator),
        inside(world.quill),
    )
    for visitor in others:
        assert chips(text(visitor.get("/review/"))) == {}


def test_a_viewer_and_staff_keep_filters_too(world: World) -> None:
    ask(world.harbor)
    for user in (world.harbor.viewer, world.operator):
        visitor = inside(world.harbor, user)
        save(visitor, "By customer", group="customer", who="team")
        assert chips(text(visitor.get("/review/")))["By customer"][1] == "1"


def test_the_system_saves_nothing(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk), pytest.raises(Forbidden):
        save_filter(name="Today", state={}, actor=SYSTEM)


# -- Numbers --------------------------------------------------------------------------------


def test_numbers_stay_right_from_decision_to_decision_without_a_page_load(
    world: World, owner: Visitor
) -> None:
    """Tabs, sidebar and saved filters, each of its own scope."""
    client = world.harbor
    item = ask(client)
    wait(
        client,
        ("Adam", help_pages(client), due(minutes=30)),
        ("Adam", client.workflow, due(hours=30)),
    )
    save(owner, "Actions", kind="actions")
    save(owner, "Ours", who="team")
    save(owner, "Pages soon", workflow="help-pages", due="soon", who="everyone")

    def numbers(answer: HttpResponse) -> tuple[str, str, str, str, list[str]]:
        page = text(answer)
        tabs = tab_counts(page)
        counts = [chips(page)[name][1] for name in ("Actions", "Ours", "Pages soon")]
        return waiting(page), tabs["Actions"], tabs["Drafts"], in_sidebar(page), counts

    assert numbers(owner.get("/review/")) == ("4", "1", "3", "4", ["1", "4", "1"])
    given = {"choice": "take_over", "content_hash": item.content_hash}
    decided = owner.post(f"/review/{item.pk}/decide/", given, HX_Request="true")
    assert "<!DOCTYPE html>" not in text(decided)
    assert numbers(decided) == ("3", "0", "3", "3", ["0", "3", "1"])
    with tenant_scope(client.tenant.pk):
        soon = ReviewItem.objects.get(asked_by="Adam", due_at__lt=due(hours=1))
    given = {"until": due(minutes=10).isoformat(), "kind": "drafts"}
    put_off = owner.post(f"/review/{soon.pk}/later/", given, HX_Request="true")
    assert numbers(put_off) == ("2", "0", "2", "2", ["0", "3", "1"])


def test_a_number_of_the_first_ones_alone_has_a_plus(
    world: World, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.review.selectors.COUNTED", 3)
    client = world.harbor
    pages = help_pages(client)
    wait(client, *(("Adam", client.workflow, due(minutes=n + 1)) for n in range(4)))
    wait(client, ("Adam", pages, due(hours=70)))
    save(owner, "Soon", due="soon")
    save(owner, "Pages", workflow="help-pages")
    page = text(owner.get("/review/?workflow=help-pages"))
    assert {name: count for name, (_, count, _) in chips(page).items()} == {
        "Soon": "3+",
        "Pages": "",
    }
    assert waiting(page) == tab_counts(page)["Drafts"] == "2"  # the list's own number is exact
