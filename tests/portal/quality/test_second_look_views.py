"""A second look at an accepted item, before and after its answer."""

from collections.abc import Iterator

import pytest

from approvals.models import SecondLook
from approvals.quality.consent import set_second_looks
from approvals.rules import quality_metrics
from tenants import clock
from tests.lanes import Lane, open_lane
from tests.portal.quality.quality_kit import done, everyone, page, see

pytestmark = pytest.mark.django_db


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as lane:
        yield lane


@pytest.fixture
def drawn(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> Lane:
    """A lane in which every accepted item is looked at again."""
    monkeypatch.setattr(quality_metrics, "is_drawn", lambda key, item, percent: percent > 0)
    set_second_looks(20, actor=lane.client.actor())
    return lane


def test_a_second_look_shows_the_item_as_it_was_put_up_and_no_sign_of_the_rest(
    drawn: Lane,
) -> None:
    item = done(drawn, "correct", draft="Dear Mia, all is well.", words="My words")
    look = SecondLook.objects.get()
    other = see(drawn, drawn.client.approver)
    assert item.title in page(other.get("looks/"))
    main = page(other.get(f"looks/{look.pk}/")).partition("<main")[2]
    assert "sorry about that" in main
    assert "$48.20" in main
    told = ("all is well", "My words", "accepted", "decided this", "Undo")
    assert [word for word in told if word in main] == []
    assert f"/review/{item.pk}/" not in main
    assert f"/runs/{item.run_id}/" not in main


def test_after_the_answer_both_stand_side_by_side_and_the_disagreement_is_listed(
    drawn: Lane,
) -> None:
    item = done(drawn)
    look = SecondLook.objects.get()
    other = see(drawn, drawn.client.approver)
    hasty = other.post(f"looks/{look.pk}/answer/", choice="reject", words="Keep me")
    assert hasty.status_code == 400
    assert "Say why" in page(hasty)
    assert "Keep me" in page(hasty)
    opened = int(clock.now().timestamp()) - 12
    given = {"choice": "reject", "reason": "wrong_facts", "opened": str(opened)}
    assert other.post(f"looks/{look.pk}/answer/", **given).status_code == 302
    main = page(other.get(f"looks/{look.pk}/"))
    assert "Owner Harbor &amp; Pine accepted this as written" in main
    assert "Approver Harbor &amp; Pine would reject it" in main
    assert f"/review/{item.pk}/" in main
    look.refresh_from_db()
    assert look.seconds == 12
    listed = page(see(drawn).get("quality/"))
    assert "Approver Harbor &amp; Pine would reject it" in listed
    assert f"/review/{item.pk}/" in listed
    assert "0 of 1 agreed" in listed


def test_the_decider_a_viewer_and_staff_may_not_look_again(drawn: Lane) -> None:
    done(drawn)
    look = SecondLook.objects.get()
    for who in ("owner", "viewer", "operator"):
        visitor = see(drawn, everyone(drawn)[who])
        assert visitor.get(f"looks/{look.pk}/").status_code == 403
        assert visitor.post(f"looks/{look.pk}/answer/", choice="accept").status_code == 403
        assert "Nothing to look at again" in page(visitor.get("looks/"))


def test_looking_writes_nothing(drawn: Lane) -> None:
    done(drawn)
    look = SecondLook.objects.get()
    other = see(drawn, drawn.client.approver)
    before = drawn.verbs()
    for _ in range(3):
        other.get(f"looks/{look.pk}/")
        assert other.get(f"looks/{look.pk}/answer/").status_code == 405
    look.refresh_from_db()
    assert (look.choice, drawn.verbs()) == ("", before)
