"""An older version is made live again with one press, after its difference and what it voids."""

from collections.abc import Iterator

import pytest
from django.utils.html import escape

from tenants.services.tenants import stop_everything
from tests.lanes import Lane, open_lane
from tests.portal.review_kit import Visitor, inside, text
from tests.world import DEFINITION
from workflows.models import Version
from workflows.services.definitions import publish

PATH = "/workflows/refund-replies/versions/1/again/"
STRICT = DEFINITION.replace("args.amount.value > 20000", "args.amount.value > 1000")


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    with open_lane() as opened:
        yield opened


def _operator(lane: Lane) -> Visitor:
    return inside(lane.client, lane.world.admin)


def _publish(lane: Lane, text_: str) -> Version:
    return publish(lane.workflow, text=text_, actor=lane.world.staff(lane.client))


def test_it_becomes_the_next_version_with_the_older_words(lane: Lane) -> None:
    _publish(lane, STRICT)
    operator = _operator(lane)
    page = text(operator.get(PATH))
    assert "Make version 1 live again" in page
    assert "None: everything that waits or was approved may still be done." in page
    assert operator.post(PATH, {"base": "2"}).status_code == 302
    lane.workflow.refresh_from_db()
    assert lane.workflow.live is not None
    assert (lane.workflow.live.number, lane.workflow.live.definition) == (3, DEFINITION)
    assert lane.workflow.live.note == "Version 1 again"


def test_it_says_which_approvals_it_would_void(lane: Lane) -> None:
    _publish(lane, STRICT)
    _publish(lane, DEFINITION)
    lane.start()
    lane.say()
    page = text(_operator(lane).get(PATH.replace("/1/", "/2/")))
    assert "Approved, not done yet." in page
    assert escape("Refund $48.20") in page


def test_what_a_stop_holds_is_not_called_void(lane: Lane) -> None:
    _publish(lane, STRICT)
    _publish(lane, DEFINITION)
    lane.start()
    stop_everything(actor=lane.client.actor())
    assert "None: everything that waits" in text(_operator(lane).get(PATH))


def test_what_moved_meanwhile_is_said_and_nothing_changes(lane: Lane) -> None:
    _publish(lane, STRICT)
    answer = _operator(lane).post(PATH, {"base": "1"})
    assert answer.status_code == 409
    assert "was published while you wrote" in text(answer)
    live = _operator(lane).post(PATH.replace("/1/", "/2/"), {"base": "2"})
    assert (live.status_code, "is live already" in text(live)) == (409, True)
    assert lane.workflow.versions.count() == 2


def test_the_clients_people_do_not_publish(lane: Lane) -> None:
    _publish(lane, STRICT)
    visitor = inside(lane.client)
    assert "live again" not in text(visitor.get("/workflows/refund-replies/versions/1/"))
    assert visitor.get(PATH).status_code == 403
