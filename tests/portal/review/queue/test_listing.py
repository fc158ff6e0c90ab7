"""The queue: what is listed, to whom, in which order, in how many queries."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from approvals.review.selectors import queue_view
from approvals.review.services import Ask, open_item
from portal.review.queue import listing as queues
from portal.review.queue.params import QueueParams
from tenants import access, clock
from tenants.scope import tenant_scope
from tests.portal.review_kit import a_run, ask, draft, inside, text
from tests.world import Client, World, make_world

ALL = QueueParams("all", "mine")

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def fill(client: Client, count: int, kind: str = "draft") -> list[ReviewItem]:
    """Items due one minute after the other."""
    run = a_run(client)
    with tenant_scope(client.tenant.pk):
        return [
            open_item(
                Ask(
                    workflow_id=client.workflow.pk,
                    workflow_name="Refund replies",
                    version=1,
                    run_id=run.pk,
                    step=f"reply_{n}",
                    kind=kind,
                    title=f"Item {n}",
                    asked_by="Shop",
                    due_at=clock.now() + timedelta(hours=1, minutes=n),
                    draft={"text": "Hello."},
                )
            )
            for n in range(count)
        ]


def listed(page: str) -> str:
    """The part of a page that is the list."""
    return page.partition('<div id="item"')[0]


def test_what_is_due_first_comes_first(world: World) -> None:
    fill(world.harbor, 3)
    with tenant_scope(world.harbor.tenant.pk):
        page = queues.page(queue_view(world.harbor.actor()), ALL)
        assert [line.item.title for line in page.lines] == ["Item 0", "Item 1", "Item 2"]


def test_a_long_queue_comes_in_pages_without_gap_or_repeat(world: World) -> None:
    fill(world.harbor, queues.PAGE * 2 + 5)
    seen: list[str] = []
    after = ""
    with tenant_scope(world.harbor.tenant.pk):
        while True:
            page = queues.page(queue_view(world.harbor.actor()), replace(ALL, after=after))
            seen += [line.item.title for line in page.lines]
            if not (after := page.later):
                break
    assert seen == [f"Item {n}" for n in range(queues.PAGE * 2 + 5)]


def test_a_garbled_place_in_the_queue_is_a_bad_request(world: World) -> None:
    assert inside(world.harbor).get("/review/?after=nonsense").status_code == 400
    assert inside(world.harbor).get("/review/?after=1e400_0").status_code == 400


def test_an_approver_sees_the_queue_of_the_workflows_they_were_given(world: World) -> None:
    client = world.harbor
    ask(client)
    draft(client, "Not theirs")
    approver = inside(client, client.approver)
    mine, everyones = text(approver.get("/review/")), text(approver.get("/review/?who=everyone"))
    assert "Refund $48.20" in mine
    assert "Not theirs" not in listed(mine)
    assert "Not theirs" in everyones
    with tenant_scope(client.tenant.pk):
        access.revoke(client.workflow, client.approver, actor=client.actor())
    assert "Refund $48.20" not in text(approver.get("/review/"))


def test_nobody_sees_another_clients_queue(world: World) -> None:
    item = ask(world.quill)
    for user in (world.harbor.owner, world.harbor.viewer):
        visitor = inside(world.harbor, user)
        assert "Mia Chen" not in text(visitor.get("/review/"))
        assert visitor.get(f"/review/{item.pk}/").status_code == 404
        assert visitor.http.get(f"/t/quill-books/review/{item.pk}/").status_code == 404


def test_what_was_decided_is_a_click_away_the_newest_first(world: World) -> None:
    client = world.harbor
    items = [ask(client, order_id=order) for order in ("10412", "10413")]
    visitor = inside(client)
    for item, choice in zip(items, ("accept", "take_over"), strict=True):
        visitor.decide(item, choice)
    page = text(visitor.get("/review/?kind=decided"))
    first, second = (page.index(f'href="/t/harbor-pine/review/{item.pk}/') for item in items)
    assert second < first
    assert "accepted as written" in page
    assert "Owner Harbor &amp; Pine" in page
    assert "What was proposed:" in page  # the newest is open


def test_the_decided_come_in_pages_without_gap_or_repeat(world: World) -> None:
    items = fill(world.harbor, queues.PAGE + 5)
    seen: list[str] = []
    after = ""
    with tenant_scope(world.harbor.tenant.pk):
        for n, item in enumerate(items):
            with clock.at(clock.now() + timedelta(seconds=n // 3)):
                chosen = Choice("take_over", item.content_hash)
                decide(item.pk, chosen, actor=world.harbor.actor())
        for _ in range(2):
            view = QueueParams("decided", "mine", after=after)
            page = queues.page(queue_view(world.harbor.actor()), view)
            seen += [line.item.title for line in page.lines]
            after = page.later
    assert after == ""
    assert len(seen) == len(set(seen)) == len(items)
    assert seen[0] in {f"Item {n}" for n in range(len(items) - 3, len(items))}


@pytest.mark.parametrize(
    ("words", "found"), [("mia", 2), ("10413", 1), ("MIA  10413", 1), ("100%", 0), ("o'", 0)]
)
def test_search_looks_in_titles_and_in_what_was_asked(world: World, words: str, found: int) -> None:
    client = world.harbor
    ask(client)
    ask(client, order_id="10413")
    ask(world.quill)
    visitor = inside(client)
    page = text(visitor.get(f"/review/?{urlencode({'q': words})}"))
    assert page.count('class="queue-line"') == found
    assert ("Nothing found" in page) is (found == 0)
    assert "2 waiting" in page


def test_a_search_stays_through_a_decision_and_reaches_what_was_decided(world: World) -> None:
    client = world.harbor
    mine, other = ask(client, order_id="10413"), ask(client)
    visitor = inside(client)
    answer = visitor.decide(mine, "accept", q="10413")
    assert answer["Location"].endswith(f"/review/{other.pk}/?q=10413")
    assert 'class="queue-line"' not in text(visitor.get("/review/?q=10413"))
    assert str(mine.pk) in text(visitor.get("/review/?q=10413&kind=decided"))


def test_more_waits_than_is_counted_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approvals.review.selectors.COUNTED", 3)
    fill(world.harbor, 4)
    page = text(inside(world.harbor).get("/review/"))
    assert "3+ waiting" in page
    assert page.count('class="queue-line"') == 4
