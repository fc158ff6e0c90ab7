"""The pages of approval quality: who sees what, and that nothing is given away too early."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from approvals.models import Decision, Permit, Planted, ReviewItem
from approvals.quality.consent import agree_to_planting
from tenants import clock
from tests.lanes import Lane, open_lane
from tests.portal.quality.quality_kit import done, everyone, page, see

pytestmark = pytest.mark.django_db
WORDS = "the amount was $148 instead of $48.20"


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as lane:
        yield lane


def test_the_owner_sets_second_looks_and_agrees_to_planting_with_the_policies(lane: Lane) -> None:
    owner = see(lane)
    shown = page(owner.get("policies/"))
    assert "No second looks are asked for" in shown
    assert "no owner has agreed to it" in shown
    assert owner.post("quality/second-looks/", percent="5").status_code == 302
    assert owner.post("quality/planting/", choice="agree").status_code == 302
    shown = page(owner.get("policies/"))
    assert "about 5 are judged again" in shown
    assert "Owner Harbor &amp; Pine agreed on" in shown
    assert owner.post("quality/second-looks/", percent="21").status_code == 400
    assert owner.post("quality/planting/", choice="withdraw").status_code == 302
    assert lane.tenant().planting_agreed_at is None


@pytest.mark.parametrize("who", ["approver", "viewer", "operator", "admin"])
def test_nobody_else_may(lane: Lane, who: str) -> None:
    visitor = see(lane, everyone(lane)[who])
    assert "Agree to planted mistakes" not in page(visitor.get("policies/"))
    assert visitor.post("quality/second-looks/", percent="5").status_code == 403
    assert visitor.post("quality/planting/", choice="agree").status_code == 403
    assert lane.tenant().planting_agreed_at is None


# -- Planted mistakes --------------------------------------------------------------------------


# Said of any item whose text says another sum than its action, planted or not.
DIFFERS = re.compile(r'<div class="notice warning" role="note">.*?</div></div>', re.DOTALL)


def plant(lane: Lane, **changed: str) -> ReviewItem:
    """A planted copy of an item, put there by the form."""
    agree_to_planting(actor=lane.client.actor())
    source = done(lane)
    form = {
        "choice": "correct",
        "draft": source.draft["text"],
        "arg-0-order": "10412",
        "arg-0-amount": "148.20",
        "mistake": WORDS,
    } | changed
    staff = see(lane, lane.world.operator)
    assert staff.post(f"quality/plant/{source.pk}/", **form).status_code == 302
    return ReviewItem.objects.shown().get(planted=True)


def test_only_staff_plant_and_only_where_that_was_agreed(lane: Lane) -> None:
    source = done(lane)
    staff = see(lane, lane.world.operator)
    assert "Plant a copy" not in page(staff.get(f"review/{source.pk}/"))
    assert "has not agreed" in page(staff.get(f"quality/plant/{source.pk}/"))
    agree_to_planting(actor=lane.client.actor())
    assert "Plant a copy" in page(staff.get(f"review/{source.pk}/"))
    assert "The text" in page(staff.get(f"quality/plant/{source.pk}/"))
    for who in ("owner", "approver", "viewer", "reviewer"):
        visitor = see(lane, everyone(lane)[who])
        assert "Plant a copy" not in page(visitor.get(f"review/{source.pk}/"))
        assert visitor.get(f"quality/plant/{source.pk}/").status_code == 403


def test_a_form_that_says_too_little_comes_back_with_what_was_typed(lane: Lane) -> None:
    agree_to_planting(actor=lane.client.actor())
    source = done(lane)
    staff = see(lane, lane.world.operator)
    same = {"choice": "correct", "draft": source.draft["text"], "arg-0-amount": "48.20"}
    refused = staff.post(f"quality/plant/{source.pk}/", **same, mistake=WORDS)
    assert refused.status_code == 400
    assert "Nothing was changed" in page(refused)
    empty = staff.post(f"quality/plant/{source.pk}/", **same | {"arg-0-amount": "9.99"}, mistake="")
    assert empty.status_code == 400
    assert 'value="9.99"' in page(empty)
    assert not Planted.objects.exists()


@pytest.mark.parametrize("who", ["owner", "approver", "viewer"])
def test_nothing_gives_it_away_before_it_is_answered(lane: Lane, who: str) -> None:
    item = plant(lane)
    lane.start()
    other = ReviewItem.objects.get(status="waiting")
    visitor = see(lane, everyone(lane)[who])

    hidden = re.compile(
        r'name="csrfmiddlewaretoken" value="[^"]+"|(under )?\d+ ms|\d+\.\d s'
        r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-\w{12}"
    )

    def bare(one: ReviewItem) -> str:
        """The page of an item without what is its own: ids, hashes, amounts and times."""
        shown = page(visitor.get(f"review/{one.pk}/")).partition('<article class="item"')[2]
        shown = shown.replace(str(one.pk), "id").replace(one.content_hash, "hash")
        shown = DIFFERS.sub("", shown.replace("$148.20", "$48.20"))
        return hidden.sub("", shown.partition("</aside>")[0])

    assert bare(item) == bare(other)
    for path in ("review/", "record/", "record/?family=quality", f"record/?object={item.pk}"):
        shown = page(visitor.get(path))
        assert "lanted" not in shown.replace("agreed that mistakes may be planted", ""), path
    if who == "owner":
        listed = page(visitor.get("quality/"))
        assert WORDS not in listed
        assert "$148.20" not in listed
    staff = page(see(lane, lane.world.operator).get("record/"))
    assert "planted a mistake" in staff


def test_whoever_answers_is_told_at_once_and_the_record_names_it(lane: Lane) -> None:
    item = plant(lane)
    permits = Permit.objects.count()
    owner = see(lane)
    seen = {"choice": "reject", "reason": "wrong_facts", "content_hash": item.content_hash}
    answer = owner.post(f"review/{item.pk}/decide/", **seen)
    told = page(owner.browser.get(answer["Location"]))
    assert f"This was a planted mistake: {WORDS}. You caught it." in told
    assert "Nothing would have been done." in told
    again = page(owner.get(f"review/{item.pk}/"))
    assert "You caught it." in again
    assert "withdrawn with its run" not in again
    other = page(see(lane, lane.client.approver).get(f"review/{item.pk}/"))
    assert "Owner Harbor &amp; Pine caught it." in other
    record = page(owner.get("record/"))
    assert "planted a mistake" in record
    assert f"caught the planted mistake in: {item.title}" in record
    listed = page(owner.get("quality/"))
    assert "1 of 1 caught" in listed
    assert (Permit.objects.count(), Decision.objects.count()) == (permits, 1)


def test_who_accepts_one_is_told_so_too(lane: Lane) -> None:
    item = plant(lane)
    owner = see(lane)
    seen = {"choice": "accept", "content_hash": item.content_hash}
    answer = owner.post(f"review/{item.pk}/decide/", **seen)
    assert "You accepted it. Nothing would have been done." in page(
        owner.browser.get(answer["Location"])
    )


def test_presence_putting_off_and_editing_work_as_for_any_other(lane: Lane) -> None:
    item = plant(lane)
    owner = see(lane)
    assert owner.post(f"review/{item.pk}/here/").status_code == 200
    assert "Amount (USD)" in page(owner.get(f"review/{item.pk}/?edit=1"))
    later = (clock.now() + timedelta(hours=2)).isoformat()
    assert owner.post(f"review/{item.pk}/later/", until=later).status_code == 302
    form = {"choice": "correct", "content_hash": item.content_hash, "arg-0-amount": "48.20"}
    assert owner.post(f"review/{item.pk}/difference/", **form).status_code == 200
    assert owner.post(f"review/{item.pk}/decide/", **form).status_code == 302
    assert Planted.objects.get().outcome == "caught"
