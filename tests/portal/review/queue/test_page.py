"""The page of the queue: what it lists, to whom, and its switch between scopes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ReviewItem
from approvals.review.selectors import queue_view
from approvals.rules.policy_terms import Group
from tenants import access, clock
from tenants.scope import tenant_scope
from tests.lanes import Lane, open_lane
from tests.policy_kit import policy
from tests.portal.queue_kit import in_sidebar, tab_counts, titles, waiting
from tests.portal.review_kit import Visitor, ask, draft, inside, text
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
SCOPES = ("mine", "team", "everyone")


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as lane:
        yield lane


def shown(visitor: Visitor, scope: str, **more: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"who": scope, **more}.items())
    return text(visitor.get(f"/review/?{query}"))


def switch(page: str) -> dict[str, bool]:
    """The switch above the list: each scope, and whether it is the one shown."""
    found = re.search(r'<nav class="switch" aria-label="Whose items">.*?</nav>', page, re.DOTALL)
    links = re.findall(r"<a ([^>]*)>([^<]+)</a>", found[0]) if found else []
    return {unescape(label): 'aria-current="true"' in attributes for attributes, label in links}


def test_the_switch_says_which_it_is_and_keeps_the_rest_of_the_address(world: World) -> None:
    ask(world.harbor)
    owner = inside(world.harbor)
    assert switch(text(owner.get("/review/"))) == {"Mine": True, "My team's": False, "All": False}
    page = shown(owner, "team", kind="actions", group="customer")
    assert switch(page) == {"Mine": False, "My team's": True, "All": False}
    assert 'href="/t/harbor-pine/review/?kind=actions&amp;who=everyone&amp;group=customer"' in page
    assert 'href="/t/harbor-pine/review/?kind=actions&amp;group=customer"' in page
    assert switch(shown(owner, "nonsense"))["Mine"]


def test_whoever_decides_nothing_sees_all_and_has_nothing_to_switch(world: World) -> None:
    ask(world.harbor)
    for user in (world.harbor.viewer, world.operator, world.reviewer):
        for scope in SCOPES:
            page = shown(inside(world.harbor, user), scope)
            assert len(titles(page)) == 1
            assert switch(page) == {}
            assert (waiting(page), in_sidebar(page)) == ("1", "1")


def test_exceptions_have_the_switch_too(world: World) -> None:
    client = world.harbor
    ask(client, order_id="10414")  # over the never-rule's sum
    with tenant_scope(client.tenant.pk):
        access.revoke(client.workflow, client.approver, actor=client.actor())
    approver = inside(client, client.approver)
    own = text(approver.get("/exceptions/"))
    assert "0 to resolve" in own
    assert switch(own)["Mine"]
    everyones = text(approver.get("/exceptions/?who=everyone&due=soon&workflow=nowhere"))
    assert "1 to resolve" in everyones
    assert len(titles(everyones)) == 1


def of(lane: Lane, who: str, *, team: bool) -> set[str]:
    found = queue_view(lane.client.actor(getattr(lane.client, who))).items
    items = found.team() if team else found.decidable()
    return {str(item.pk) for item in items}


def test_an_owners_team_has_what_a_policy_gives_to_somebody_else(lane: Lane) -> None:
    policy(lane, Group(people=(lane.client.approver.pk,)))
    lane.start()
    assert of(lane, "owner", team=False) == set()
    assert of(lane, "owner", team=True) == {str(lane.item().pk)}
    page = shown(inside(lane.client), "team")
    assert (waiting(page), in_sidebar(page)) == ("1", "")
    assert waiting(shown(inside(lane.client), "mine")) == "0"


def listed(page: str) -> str:
    """The part of a page that is the list."""
    return page.partition('<div id="item"')[0]


def test_the_queue_lists_what_waits_with_what_it_does_and_opens_the_first(world: World) -> None:
    item = ask(world.harbor)
    page = text(inside(world.harbor).get("/review/"))
    assert "Refund $48.20 to Mia Chen and tell them why" in page
    assert "moves money" in page
    assert "Approve, refund and send" in page
    assert f"/t/harbor-pine/review/{item.pk}/" in page
    assert "1 waiting" in page


def test_tabs_filter_and_count(world: World) -> None:
    ask(world.harbor)
    draft(world.harbor, "A help page")
    page = text(inside(world.harbor).get("/review/?kind=drafts"))
    assert "A help page" in page
    assert "Refund $48.20" not in page
    assert "Actions 1" in page
    assert "Drafts 1" in page
    assert "Routes 0" in page


def test_exceptions_have_a_page_of_their_own(world: World) -> None:
    ask(world.harbor, order_id="10414", subject="Bookcase")  # over the never-rule's sum
    with tenant_scope(world.harbor.tenant.pk):
        assert ReviewItem.objects.filter(kind="exception").exists()
    visitor = inside(world.harbor)
    queue = listed(text(visitor.get("/review/")))
    assert "Refund $450.00 to Rosa Osei was refused" not in queue
    page = text(visitor.get("/exceptions/"))
    assert "Refund $450.00 to Rosa Osei was refused" in page
    assert "handle it</button>" in page


def test_a_viewer_and_staff_see_the_queue_without_buttons(world: World) -> None:
    ask(world.harbor)
    for user in (world.harbor.viewer, world.operator, world.reviewer):
        page = text(inside(world.harbor, user).get("/review/"))
        assert "Refund $48.20" in page
        assert "You can look" in page
        assert 'value="accept"' not in page


def test_the_page_takes_the_same_number_of_queries_however_long_the_queue(world: World) -> None:
    visitor = inside(world.harbor)
    ask(world.harbor)
    with CaptureQueriesContext(
        connection,
    ) as few:
        visitor.get("/review/")
    for _ in range(4):
        ask(world.harbor)
    with CaptureQueriesContext(connection) as many:
        visitor.get("/review/")
    assert len(many) == len(few)
    assert len(many) <= 30


def test_an_empty_queue_says_so(world: World) -> None:
    page = text(inside(world.harbor).get("/review/"))
    assert "Nothing waits" in page
    mine = text(inside(world.harbor).get("/exceptions/"))
    assert "Nothing is stuck that is yours to resolve" in mine
    assert "Every workflow goes on by itself." not in mine  # others may have something
    every = text(inside(world.harbor).get("/exceptions/?who=everyone"))
    assert "Nothing is stuck<" in every
    assert "Every workflow goes on by itself." in every


def test_htmx_gets_the_part_that_changes_and_a_cache_keeps_the_two_apart(world: World) -> None:
    item = ask(world.harbor)
    visitor = inside(world.harbor)
    part = visitor.get(f"/review/{item.pk}/", HX_Request="true")
    whole = visitor.get(f"/review/{item.pk}/")
    assert "<!DOCTYPE html>" not in text(part)
    assert "<!DOCTYPE html>" in text(whole)
    assert "HX-Request" in part["Vary"]
    assert 'id="queue"' not in text(part)
    assert f'data-item="{item.pk}"' in text(part)
    back = visitor.get(f"/review/{item.pk}/", HX_Request="true", HX_History_Restore_Request="true")
    assert "<!DOCTYPE html>" in text(back)


def test_an_item_that_somebody_decided_meanwhile_comes_with_its_list(world: World) -> None:
    item = ask(world.harbor)
    approver, owner = inside(world.harbor, world.harbor.approver), inside(world.harbor)
    form = {"choice": "take_over", "content_hash": item.content_hash}
    assert approver.post(f"/review/{item.pk}/decide/", form).status_code == 302
    gone = text(owner.get(f"/review/{item.pk}/", HX_Request="true"))
    assert 'id="queue"' in gone
    assert "Nothing waits" in gone
    among = text(owner.get(f"/review/{item.pk}/?kind=decided", HX_Request="true"))
    assert 'id="queue"' not in among


def test_what_one_put_off_is_the_teams_still_and_every_number_is_of_its_scope(
    world: World,
) -> None:
    client = world.harbor
    put_off = ask(client)
    ask(client, order_id="10413")
    draft(client, "Not theirs")
    approver = inside(client, client.approver)
    until = (clock.now() + timedelta(minutes=30)).isoformat()
    assert approver.post(f"/review/{put_off.pk}/later/", {"until": until}).status_code == 302
    pages = {scope: shown(approver, scope) for scope in SCOPES}
    assert [len(titles(pages[scope])) for scope in SCOPES] == [1, 2, 3]
    assert [waiting(pages[scope]) for scope in SCOPES] == ["1", "2", "3"]
    assert [tab_counts(pages[scope])["Actions"] for scope in SCOPES] == ["1", "2", "2"]
    assert [tab_counts(pages[scope])["Drafts"] for scope in SCOPES] == ["0", "0", "1"]
    assert [tab_counts(pages[scope])["Put off"] for scope in SCOPES] == ["1", "1", "1"]
    assert [in_sidebar(pages[scope]) for scope in SCOPES] == ["1", "1", "1"]
    assert put_off.title in titles(pages["team"])
