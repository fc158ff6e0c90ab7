"""Whose items the queue shows: mine, my team's, all."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest

from approvals.models import ReviewItem
from approvals.policies.absences import set_away
from approvals.review.selectors import queue_view
from approvals.rules.policy_terms import Group
from audit import outbox
from tenants import access, clock
from tenants.scope import tenant_scope
from tests.lanes import Lane, open_lane
from tests.policy_kit import OWNERS, dana, policy
from tests.portal.queue_kit import in_sidebar, tab_counts, titles, waiting
from tests.portal.review_kit import Visitor, ask, draft, inside, text
from tests.world import REQUEST, World, make_world
from workflows.services.runs import start_run

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


# -- Policies -------------------------------------------------------------------------------


def of(lane: Lane, who: str, *, team: bool) -> set[str]:
    found = queue_view(lane.client.actor(getattr(lane.client, who)))
    items = found.team() if team else found.decidable()
    return {str(item.pk) for item in items}


def test_what_one_signed_is_the_teams_still(lane: Lane) -> None:
    policy(lane, Group(roles=("owner",), people=(lane.client.approver.pk,), needed=2))
    lane.start()
    item = lane.item()
    lane.say(actor=dana(lane))
    assert of(lane, "approver", team=False) == set()
    assert of(lane, "approver", team=True) == {str(item.pk)}
    assert of(lane, "owner", team=False) == of(lane, "owner", team=True) == {str(item.pk)}


def test_what_one_is_set_apart_from_is_the_teams_still(lane: Lane) -> None:
    policy(lane, Group(people=(lane.client.approver.pk,)), OWNERS, apart=True)
    start_run(lane.workflow, input=REQUEST, trigger="person", actor=dana(lane))
    outbox.drain()
    item = lane.item()
    assert of(lane, "approver", team=False) == set()
    assert of(lane, "approver", team=True) == {str(item.pk)}


def test_a_policy_that_names_one_makes_its_items_the_teams_without_a_grant(lane: Lane) -> None:
    client = lane.client
    lane.start()
    access.revoke(lane.workflow, client.approver, actor=client.actor())
    assert of(lane, "approver", team=True) == set()
    backup = Group(people=(client.approver.pk,))
    policy(lane, OWNERS, hours=8, backup=backup, backup_after=4)
    item = lane.item()
    assert of(lane, "approver", team=False) == set()  # the backup is not asked yet
    assert of(lane, "approver", team=True) == {str(item.pk)}


def test_a_stand_ins_items_are_the_teams_too(lane: Lane) -> None:
    client = lane.client
    access.revoke(lane.workflow, client.approver, actor=client.actor())
    policy(lane)
    lane.start()
    today = clock.now().date()
    assert of(lane, "approver", team=True) == set()
    set_away(client.owner.pk, today, today, stand_in=client.approver.pk, actor=client.actor())
    assert of(lane, "approver", team=False) == {str(lane.item().pk)}
    assert of(lane, "approver", team=True) == {str(lane.item().pk)}


def test_an_owners_team_has_what_a_policy_gives_to_somebody_else(lane: Lane) -> None:
    policy(lane, Group(people=(lane.client.approver.pk,)))
    lane.start()
    assert of(lane, "owner", team=False) == set()
    assert of(lane, "owner", team=True) == {str(lane.item().pk)}
    page = shown(inside(lane.client), "team")
    assert (waiting(page), in_sidebar(page)) == ("1", "")
    assert waiting(shown(inside(lane.client), "mine")) == "0"


def test_a_viewer_that_a_policy_names_has_no_team(lane: Lane) -> None:
    policy(lane)
    lane.start()
    assert of(lane, "viewer", team=True) == set()
    assert ReviewItem.objects.filter(status="waiting").exists()
