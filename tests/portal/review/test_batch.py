"""Several items decided at once: alike, undoable, by one person's yes; a result for each."""

from typing import Any

import pytest

from approvals.models import Decision, ReviewItem
from tenants.scope import tenant_scope
from tests.portal.review_kit import Visitor, ask, draft, inside, text
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def pick(item: ReviewItem) -> str:
    return f"{item.pk}:{item.content_hash}"


def post(visitor: Visitor, *items: ReviewItem, **form: Any) -> Any:
    given = {"choice": "accept", "pick": [pick(item) for item in items]} | form
    return visitor.post("/review/batch/", given)


def choices(world: World) -> list[str]:
    with tenant_scope(world.harbor.tenant.pk):
        return list(ReviewItem.objects.order_by("id").values_list("choice", flat=True))


def test_drafts_are_accepted_together_with_a_result_for_each(world: World) -> None:
    client = world.harbor
    first, second, third = (draft(client, f"Page {n}") for n in range(3))
    visitor = inside(client)
    page = visitor.get("/review/").content.decode()
    assert page.count('class="pick"') == 3
    second.content_hash = "0" * 64  # as if it had changed since it was shown
    page = text(post(visitor, first, second, third))
    assert "Accepted 2 of 3" in page
    assert "Not decided: This changed since you looked at it." in page
    assert choices(world) == ["accept", "", "accept"]
    page = text(post(visitor, first))
    assert "Accepted 0 of 1" in page
    assert "Owner Harbor &amp; Pine approved this at " in page


def test_they_are_rejected_with_one_reason(world: World) -> None:
    items = [draft(world.harbor, f"Page {n}") for n in range(2)]
    visitor = inside(world.harbor)
    assert "Say why" in text(post(visitor, *items, choice="reject"))
    assert choices(world) == ["", ""]
    page = text(post(visitor, *items, choice="reject", reason="tone", words="Too stiff."))
    assert "Rejected 2 of 2" in page
    with tenant_scope(world.harbor.tenant.pk):
        assert set(Decision.objects.values_list("reason", "words")) == {("tone", "Too stiff.")}


def test_what_cannot_be_undone_is_decided_one_by_one(world: World) -> None:
    """A mail can't be unsent, so no page offers it and no form gets it through."""
    items = [ask(world.harbor), ask(world.harbor, order_id="10413")]
    visitor = inside(world.harbor)
    assert 'class="pick"' not in visitor.get("/review/").content.decode()
    answer = post(visitor, *items)
    assert answer.status_code == 400
    assert "decided one by one" in text(answer)
    assert choices(world) == ["", ""]


@pytest.mark.parametrize("choice", ["correct", "take_over", "resolve", "undo", ""])
def test_nothing_else_is_decided_together(world: World, choice: str) -> None:
    answer = post(inside(world.harbor), draft(world.harbor), choice=choice)
    assert answer.status_code == 400
    assert choices(world) == [""]


@pytest.mark.parametrize("picks", [[], ["nonsense"], ["00000000-0000-0000-0000-000000000000:x"]])
def test_what_was_not_in_the_list_is_refused(world: World, picks: list[str]) -> None:
    answer = inside(world.harbor).post("/review/batch/", {"choice": "accept", "pick": picks})
    assert answer.status_code == 400


def test_who_may_not_decide_decides_nothing(world: World) -> None:
    item = draft(world.harbor)
    visitor = inside(world.harbor, world.harbor.viewer)
    assert 'class="pick"' not in visitor.get("/review/").content.decode()
    assert "Accepted 0 of 1" in text(post(visitor, item))
    assert choices(world) == [""]


def test_what_needs_several_people_is_decided_one_by_one(world: World) -> None:
    visitor, approver = inside(world.harbor), str(world.harbor.approver.pk)
    assert (
        visitor.post(
            "/policies/add/", {"who": "owner", "also": approver, "needed": "1"}
        ).status_code
        == 302
    )
    items = [draft(world.harbor, f"Page {n}") for n in range(2)]
    assert 'class="pick"' not in visitor.get("/review/").content.decode()
    assert "decided one by one" in text(post(visitor, *items))
    assert choices(world) == ["", ""]


def test_what_was_decided_together_is_taken_back_together(world: World) -> None:
    client = world.harbor
    client.tenant.take_back_seconds = 10
    client.tenant.save()
    first, second = (draft(client, f"Page {n}") for n in range(2))
    visitor = inside(client)
    page = text(post(visitor, first, second))
    assert "Take them back" in page
    ids = {"item": [str(first.pk), str(second.pk)]}
    answer = visitor.post("/review/batch/back/", ids)
    assert (answer.status_code, choices(world)) == (302, ["", ""])
    assert "Taken back: 2 items wait again" in text(visitor.get("/review/"))
    visitor.post("/review/batch/back/", ids)
    assert "there is nothing to take back" in text(visitor.get("/review/"))
    assert visitor.post("/review/batch/back/", {"item": "x"}).status_code == 400


def test_where_nothing_can_be_taken_back_nothing_is_offered(world: World) -> None:
    client = world.harbor
    client.tenant.take_back_seconds = 0
    client.tenant.save()
    assert "Take" not in text(post(inside(client), draft(client))).split("</h1>")[1][:400]
