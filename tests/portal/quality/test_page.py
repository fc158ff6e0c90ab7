"""How people approve: their times and choices, as the provider and the owner see them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants import clock
from tests.lanes import Lane, open_lane
from tests.portal.quality.quality_kit import done, everyone, page, see

pytestmark = pytest.mark.django_db


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as lane:
        yield lane


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("operator", 200), ("reviewer", 200), ("approver", 403), ("viewer", 403)],
)
def test_the_provider_and_the_owner_see_how_people_approve_and_nobody_else(
    lane: Lane, who: str, status: int
) -> None:
    visitor = see(lane, everyone(lane)[who])
    assert visitor.get("quality/").status_code == status
    assert ("Approval quality" in page(visitor.get("review/"))) == (status == 200)


def test_time_is_held_against_length(lane: Lane) -> None:
    done(lane, seconds=1)
    done(lane, seconds=90)
    done(lane, "reject", reason="tone", seconds=30)
    shown = page(see(lane).get("quality/"))
    assert "Owner Harbor &amp; Pine" in shown
    assert "30 s" in shown
    assert "1 of 2 measured" in shown
    assert "accepted 67 %" in shown
    assert "rejected 33 %" in shown
    assert "A short time is a hint, not proof" in shown


def test_older_decisions_are_not_counted(lane: Lane) -> None:
    done(lane, seconds=1)
    with clock.at(clock.now() + timedelta(days=31)):
        assert "Nobody decided anything lately" in page(see(lane).get("quality/"))


def test_the_page_asks_as_much_for_many_decisions_as_for_few(lane: Lane) -> None:
    visitor = see(lane)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert visitor.get("quality/").status_code == 200
        return len(captured)

    done(lane)
    few = queries()
    for _ in range(3):
        done(lane)
    assert queries() == few
    assert few <= 15
