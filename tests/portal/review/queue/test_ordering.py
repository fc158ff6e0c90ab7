"""The queue under headings: by customer, workflow or deadline; and narrowed by filters."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from approvals.models import ReviewItem
from portal.review.queue import listing as queues
from portal.review.queue import ordering
from portal.review.queue.ordering import Place, Section
from tenants import clock
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.approvals.unsaved import unsaved_item
from tests.portal.queue_kit import due, headings, tab_counts, titles, wait, waiting
from tests.portal.review_kit import Visitor, draft, inside, text
from tests.world import Client, World, make_world
from workflows.models import Workflow

KEYS = {
    "customer": lambda item: (item.asked_by, item.due_at, item.pk),
    "workflow": lambda item: (item.workflow_id, item.due_at, item.pk),
    "deadline": lambda item: (item.due_at, item.pk),
}
CUSTOMERS = ("Zoe", "adam", "Émile", "Adam_Ant", "a & b", "")
WEDNESDAY = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


def help_pages(client: Client) -> Workflow:
    """Another workflow of the client's, with one item waiting in it."""
    draft(client, "A help page")
    with tenant_scope(client.tenant.pk):
        return Workflow.objects.get(slug="help-pages")


def many(client: Client, count: int) -> list[ReviewItem]:
    """Items of some customers in two workflows, several due at the same moment."""
    lanes = (client.workflow, help_pages(client))
    at = due(hours=1)
    wait(
        client,
        *(
            (CUSTOMERS[n % len(CUSTOMERS)], lanes[n % 2], at + timedelta(minutes=n // 4))
            for n in range(count)
        ),
    )
    with tenant_scope(client.tenant.pk):
        return list(ReviewItem.objects.filter(status="waiting"))


@pytest.mark.parametrize("group", KEYS)
@pytest.mark.parametrize("scope", ["mine", "team", "everyone"])
def test_pages_of_a_grouped_queue_hold_every_item_once_in_order(
    world: World, owner: Visitor, group: str, scope: str
) -> None:
    items = many(world.harbor, queues.PAGE * 2 + 5)
    wanted = [item.title for item in sorted(items, key=KEYS[group])]
    seen: list[str] = []
    path = f"/review/?group={group}&who={scope}"
    for _ in range(3):
        page = text(owner.get(path))
        seen += titles(page)
        later = re.search(r'href="([^"]+)">Later ones', page)
        path = later[1].replace("&amp;", "&").removeprefix("/t/harbor-pine") if later else ""
    assert path == ""
    assert seen == wanted


def test_a_heading_says_on_the_next_page_that_it_goes_on(world: World, owner: Visitor) -> None:
    at = due(hours=1)
    rows = [("Adam", world.harbor.workflow, at) for _ in range(5)]
    rows += [("Mia & Co", world.harbor.workflow, at) for _ in range(queues.PAGE)]
    wait(world.harbor, *rows)
    first = text(owner.get("/review/?group=customer"))
    assert headings(first) == ["Adam", "Mia & Co"]
    assert 'aria-labelledby="group-2"' in first
    later = re.search(r'href="/t/harbor-pine([^"]+)">Later ones', first)
    assert later is not None
    second = text(owner.get(later[1].replace("&amp;", "&")))
    assert headings(second) == ["Mia & Co (continued)"]
    assert len(titles(second)) == 5


def test_without_a_group_there_are_no_headings(world: World, owner: Visitor) -> None:
    wait(world.harbor, ("Adam", world.harbor.workflow, due(hours=1)))
    for query in ("", "?group=nonsense", "?group="):
        page = text(owner.get(f"/review/{query}"))
        assert headings(page) == []
        assert titles(page) == ["Item 0"]


def test_deadlines_stand_under_the_day_of_the_business(world: World, owner: Visitor) -> None:
    client = world.harbor
    Tenant.objects.filter(pk=client.tenant.pk).update(timezone="America/Los_Angeles")
    with clock.at(WEDNESDAY.replace(hour=20)):  # noon there
        hours = (0.5, 2, 11.9, 12.1, 35.9, 36.1, 107.9, 108.1)
        wait(client, *(("Adam", client.workflow, due(hours=one)) for one in hours))
        page = text(owner.get("/review/?group=deadline"))
        assert headings(page) == ["Over in 1 hour", "Today", "Tomorrow", "This week", "Later"]
        sizes = [len(titles(part)) for part in page.split('<h2 class="queue-group"')[1:]]
        assert sizes == [1, 2, 2, 2, 1]
        counts = {"soon": 1, "today": 3, "week": 7}
        for name, count in counts.items():
            narrowed = text(owner.get(f"/review/?due={name}"))
            assert (len(titles(narrowed)), waiting(narrowed)) == (count, str(count))


def test_on_a_sunday_nothing_else_is_this_week(world: World, owner: Visitor) -> None:
    with clock.at(WEDNESDAY + timedelta(days=4)):
        hours = (11, 13, 37)
        wait(world.harbor, *(("A", world.harbor.workflow, due(hours=one)) for one in hours))
        page = text(owner.get("/review/?group=deadline"))
        assert headings(page) == ["Today", "Tomorrow", "Later"]
        assert len(titles(text(owner.get("/review/?due=week")))) == 1


def test_a_group_of_a_workflow_is_called_as_the_workflow_is_now(
    world: World, owner: Visitor
) -> None:
    wait(world.harbor, ("Adam", world.harbor.workflow, due(hours=1)))
    with tenant_scope(world.harbor.tenant.pk):
        Workflow.objects.update(title="Refunds & replies")
    page = text(owner.get("/review/?group=workflow"))
    assert headings(page) == ["Refunds & replies"]
    assert headings(text(owner.get("/review/?group=customer"))) == ["Adam"]


@pytest.mark.parametrize(
    "query",
    [
        "group=customer&after=1_0",
        "group=customer&after=1790000000.0_{id}",
        "group=customer&after=1790000000.0_{id}_%00",
        "group=customer&after=1790000000.0_{id}_" + "x" * 161,
        "group=workflow&after=1790000000.0_{id}_adam",
        "group=deadline&after=1790000000.0_{id}_adam",
        "after=1790000000.0_{id}_adam",
        "after=nan_{id}",
        "after=1790000000.0_%00",
    ],
)
def test_a_garbled_place_is_a_bad_request(world: World, owner: Visitor, query: str) -> None:
    (item,) = wait(world.harbor, ("Adam", world.harbor.workflow, due(hours=1)))
    answer = owner.get(f"/review/?{query.format(id=item.pk.hex)}")
    assert answer.status_code == 400
    assert "This page of the queue is not there" in text(answer)


def test_what_was_decided_keeps_its_own_order_whatever_is_grouped(
    world: World, owner: Visitor
) -> None:
    items = wait(world.harbor, *(("A", world.harbor.workflow, due(hours=n + 1)) for n in range(2)))
    for item in items:
        owner.decide(item, "take_over")
    page = text(owner.get("/review/?kind=decided&group=customer&due=soon&workflow=nowhere"))
    assert titles(page) == ["Item 1", "Item 0"]
    assert headings(page) == []


# -- Filters --------------------------------------------------------------------------------


def test_a_workflow_narrows_the_list_and_every_number_but_the_sidebars(
    world: World, owner: Visitor
) -> None:
    client = world.harbor
    pages = help_pages(client)
    wait(client, ("Adam", client.workflow, due(hours=1)), ("Zoe", pages, due(hours=2)))
    page = text(owner.get("/review/?workflow=help-pages&due=today"))
    assert 'value="help-pages" selected' in page
    both = text(owner.get("/review/?workflow=help-pages"))
    assert len(titles(both)) == 2
    assert waiting(both) == tab_counts(both)["Drafts"] == "2"
    assert ">3<span class" in both  # the sidebar's
    assert f'href="/t/{client.tenant.slug}/review/?kind=drafts&amp;workflow=help-pages"' in both


def test_a_workflow_that_is_not_there_holds_nothing(world: World, owner: Visitor) -> None:
    wait(world.harbor, ("Adam", world.harbor.workflow, due(hours=1)))
    for slug in ("nowhere", "%00", "a" * 500):
        page = text(owner.get(f"/review/?workflow={slug}&group=workflow"))
        assert titles(page) == []
        assert waiting(page) == "0"
        assert "Nothing of this waits" in page


def test_words_that_no_text_can_hold_find_nothing_amiss(world: World, owner: Visitor) -> None:
    assert owner.get("/review/?q=%00").status_code == 200


# -- What opens next ------------------------------------------------------------------------


def test_what_opens_after_a_decision_is_the_next_of_the_same_group(
    world: World, owner: Visitor
) -> None:
    client = world.harbor
    rows = (("Zoe", 1), ("Adam", 2), ("Zoe", 3), ("Adam", 4))
    items = wait(client, *((who, client.workflow, due(hours=n)) for who, n in rows))
    zoe, adam, zoe_later, adam_later = items

    def after(item: ReviewItem, **state: str) -> str:
        answer = owner.decide(item, "take_over", **state)
        assert answer.status_code == 302
        return str(answer["Location"])

    assert str(adam_later.pk) in after(adam, group="customer")
    assert after(adam_later, group="customer", who="team").endswith(
        f"/review/{zoe.pk}/?who=team&group=customer"
    )
    assert str(zoe_later.pk) in after(zoe, group="customer")


def test_what_opens_after_a_decision_is_let_through_by_the_filter(
    world: World, owner: Visitor
) -> None:
    client = world.harbor
    pages = help_pages(client)
    first, other, last = wait(
        client,
        ("A", client.workflow, due(hours=1)),
        ("A", pages, due(hours=2)),
        ("A", client.workflow, due(hours=3)),
    )
    answer = owner.decide(first, "take_over", workflow="refund-replies")
    assert str(last.pk) in answer["Location"]
    answer = owner.decide(last, "take_over", workflow="refund-replies")
    assert answer["Location"].endswith("/review/?workflow=refund-replies")
    assert str(other.pk) not in text(owner.get("/review/?workflow=refund-replies"))


# -- Without a database ---------------------------------------------------------------------

ONE, LANE = UUID(int=1), UUID(int=2)


def item(hours: float = 1, asked_by: str = "Mia_Chen") -> ReviewItem:
    due_at = WEDNESDAY + timedelta(hours=hours)
    given = {"workflow_id": LANE, "workflow_name": "Refunds", "asked_by": asked_by}
    return unsaved_item(id=ONE, due_at=due_at, **given)


@pytest.fixture
def in_new_york() -> Iterator[None]:
    """Wednesday at noon in New York, where five o'clock in the morning is the day's end in UTC."""
    with clock.at(WEDNESDAY + timedelta(hours=5)), timezone.override("America/New_York"):
        yield


@pytest.mark.parametrize("group", ["", "customer", "workflow", "deadline"])
def test_a_place_is_read_as_it_was_written(group: str) -> None:
    read = ordering.read_place(ordering.list_place(item(), group), group)
    place = ordering.place_of(item(), group)
    assert (read.at, read.item_id, read.key or None) == (place.at, place.item_id, place.key)


def test_a_decided_item_is_placed_by_when_it_was_decided() -> None:
    decided = item()
    decided.decided_at = WEDNESDAY - timedelta(minutes=1)
    assert ordering.read_place(ordering.list_place(decided)).at == decided.decided_at
    assert ordering.place_of(decided).at == decided.due_at


@pytest.mark.parametrize(("length", "fits"), [(160, True), (161, False)])
def test_a_place_has_a_name_as_long_as_names_are(length: int, fits: bool) -> None:
    text = f"1.0_{ONE.hex}_{'x' * length}"
    if fits:
        assert ordering.read_place(text, "customer").key == "x" * length
    else:
        with pytest.raises(Invalid):
            ordering.read_place(text, "customer")


@pytest.mark.parametrize(
    ("hours", "heading"),
    [
        (-0.01, "Overdue"),
        (0, "Over in 1 hour"),
        (0.99, "Over in 1 hour"),
        (1, "Today"),
        (11.99, "Today"),
        (12, "Tomorrow"),
        (35.99, "Tomorrow"),
        (36, "This week"),
        (107.99, "This week"),
        (108, "Later"),
    ],
)
def test_a_deadline_stands_under_its_day(in_new_york: None, hours: float, heading: str) -> None:
    assert ordering.span_of(clock.now() + timedelta(hours=hours)) == heading


def test_a_filter_ends_with_its_hour_its_day_or_its_week(in_new_york: None) -> None:
    left = {name: end - clock.now() for name, end in ordering.due_times().items()}
    hours = {name: span / timedelta(hours=1) for name, span in left.items()}
    assert hours == {"soon": 1, "today": 12, "week": 108}


def sections(group: str, *items: ReviewItem, begins: Place | None = None) -> list[Section[str]]:
    lines = [(one, one.asked_by) for one in items]
    return ordering.list_sections(lines, group, {LANE: "Refunds & replies"}, begins)


def test_lines_stand_together_under_their_heading() -> None:
    items = [item(asked_by=name) for name in ("Adam", "Adam", "")]
    assert sections("customer", *items) == [
        Section("Adam", ["Adam", "Adam"]),
        Section("Nobody named", [""]),
    ]
    assert sections("workflow", *items) == [Section("Refunds & replies", ["Adam", "Adam", ""])]
    assert sections("", *items) == [Section("", ["Adam", "Adam", ""])]
    assert sections("customer") == sections("") == []


def test_a_workflow_that_is_gone_is_called_as_it_was() -> None:
    lines = [(item(), "line")]
    assert ordering.list_sections(lines, "workflow", {}) == [Section("Refunds", ["line"])]


def test_only_the_first_heading_of_a_page_may_go_on() -> None:
    begins = ordering.place_of(item(asked_by="Adam"), "customer")
    found = sections("customer", item(asked_by="Adam"), item(asked_by="Zoe"), begins=begins)
    assert [(one.label, one.is_continued) for one in found] == [("Adam", True), ("Zoe", False)]
    other = sections("customer", item(asked_by="Zoe"), begins=begins)
    assert [one.is_continued for one in other] == [False]
