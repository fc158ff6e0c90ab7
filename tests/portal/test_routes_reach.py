"""An accepted route reaches the person it names: their queue, their notice, until they answer."""

from collections.abc import Iterator

import pytest
from django.utils.html import escape

from audit import outbox
from portal.notices.models import Notice
from tenants.models import User
from tests.lanes import Lane, open_lane
from tests.portal.review_kit import inside, text

TRIAGE = """
workflow: triage
title: Triage
rung: recommend_and_route
brief: {why: "Each message to whom it is for."}
steps:
  - name: route
    route:
      to: "input.who"
      title: 'Send “{{ input.subject }}” to {{ to }}'
      why: "It is about wholesale."
"""


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    with open_lane() as opened:
        yield opened


def _route(lane: Lane, to: str) -> str:
    lane.use(TRIAGE)
    lane.start(who=to)
    return f"/review/{lane.item().pk}/"


def test_who_is_named_finds_it_in_their_queue_and_is_told(lane: Lane) -> None:
    approver: User = lane.client.approver
    path = _route(lane, approver.email.upper())
    page = text(inside(lane.client).get(path))
    assert f"{escape(str(approver))} is told, with it in “Asked of me” until answered." in page
    assert "My ceramic lamp arrived damaged" in page
    lane.decide()
    theirs = inside(lane.client, approver)
    queue = text(theirs.get("/review/?kind=asked"))
    assert "Send “Broken lamp” to" in queue
    assert "This is for you. It is about wholesale." in text(theirs.get(path))
    outbox.drain()
    assert Notice.objects.filter(kind="asked", to=approver.email).exists()
    [mail] = [one for one in lane.post.messages if "sent you this" in str(one)]
    assert "Approve" not in str(mail)


def test_it_asks_them_until_they_answer(lane: Lane) -> None:
    approver: User = lane.client.approver
    path = _route(lane, approver.name)
    lane.decide()
    lane.pass_time(minutes=1)
    theirs = inside(lane.client, approver)
    said = theirs.post(f"{path}comment/", {"comment": "I wrote back to them."})
    assert said.status_code == 302
    assert "Send “Broken lamp” to" not in text(theirs.get("/review/?kind=asked"))


def test_a_name_nobody_has_is_said_before_it_is_accepted(lane: Lane) -> None:
    path = _route(lane, "Returns desk")
    page = text(inside(lane.client).get(path))
    assert "Nobody here is called that, so tell them yourself." in page
    lane.decide()
    assert text(inside(lane.client).get("/review/?kind=asked")).count("Broken lamp") == 0


def test_a_line_of_the_queue_says_what_was_asked(lane: Lane) -> None:
    _route(lane, "Dana")
    assert "My ceramic lamp arrived damaged and cracked." in text(
        inside(lane.client).get("/review/")
    )


def test_who_accepts_what_is_for_them_is_not_said_to_be_told(lane: Lane) -> None:
    owner: User = lane.client.owner
    path = _route(lane, owner.email)
    page = text(inside(lane.client).get(path))
    assert "That is you, so nobody is told." in page
    lane.decide()
    assert "Broken lamp" not in text(inside(lane.client).get("/review/?kind=asked"))
    assert not Notice.objects.filter(kind="asked").exists()
