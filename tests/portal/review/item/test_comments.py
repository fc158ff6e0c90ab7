"""Asking a colleague about an item: the thread, the tab, the record, and the mail."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from approvals.models import Comment, ReviewItem
from approvals.review.comments import comment
from audit import outbox
from audit.models import Event
from portal.notices.models import Notice, NoticePreference
from tenants import clock
from tenants.errors import Conflict
from tenants.ids import uuid7
from tenants.models import Membership
from tenants.scope import tenant_scope
from tenants.services.people import end_membership
from tests.fakes.smtp import SmtpSink
from tests.portal.review_kit import ask, inside, text
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db
QUESTION = "Is $48.20 right for her?"


@pytest.fixture
def world() -> World:
    return make_world()


def membership(client: Client) -> UUID:
    return Membership.objects.get(user=client.viewer, tenant=client.tenant).pk


def asked(client: Client, item: ReviewItem, *, by: Any = None, words: str = QUESTION) -> Comment:
    """The owner, or somebody else, asks the viewer."""
    with tenant_scope(client.tenant.pk):
        return comment(item.pk, words, [client.viewer.pk], actor=client.actor(by))


def test_a_question_and_its_answer_stand_on_the_page_and_on_the_record(world: World) -> None:
    client = world.harbor
    item, owner, viewer = ask(client), inside(client), inside(client, client.viewer)
    path = f"/review/{item.pk}/comment/"
    page = text(owner.get(f"/review/{item.pk}/"))
    assert "Ask a colleague…" in page
    assert f'value="{client.viewer.pk}"' in page
    assert f'value="{client.owner.pk}"' not in page
    sent = owner.post(path, {"comment": QUESTION, "ask": str(client.viewer.pk)})
    assert sent.status_code == 302
    page = text(viewer.get(f"/review/{item.pk}/"))
    assert QUESTION in page
    assert "asked Viewer Harbor &amp; Pine" in page
    assert viewer.post(path, {"comment": "Yes, <b>it</b>\u202e is."}).status_code == 302
    page = text(owner.get(f"/review/{item.pk}/"))
    assert "Yes, &lt;b&gt;it&lt;/b&gt;⟦U+202E⟧ is." in page
    with tenant_scope(client.tenant.pk):
        found = ReviewItem.objects.get()
        assert (found.status, found.content_hash) == ("waiting", item.content_hash)
        events = Event.objects.filter(verb__in=["item.asked", "item.answered"]).order_by("id")
        assert [(one.verb, one.actor_label) for one in events] == [
            ("item.asked", str(client.owner)),
            ("item.answered", str(client.viewer)),
        ]
    record = text(owner.get("/record/"))
    assert "asked Viewer Harbor &amp; Pine about Refund $48.20" in record
    assert QUESTION not in record


def test_what_is_refused_comes_back_with_what_was_typed(world: World) -> None:
    client = world.harbor
    item, owner = ask(client), inside(client)
    path = f"/review/{item.pk}/comment/"
    for person in (world.quill.owner.pk, uuid7()):
        refused = owner.post(path, {"comment": QUESTION, "ask": str(person)})
        assert refused.status_code == 400
        assert "Ask people who belong to this business now." in text(refused)
        assert f"{QUESTION}</textarea>" in text(refused)
        assert '<details class="talk" open>' in text(refused)
    refused = owner.post(path, {"comment": " ", "ask": str(client.viewer.pk)})
    assert "Write what you want to say." in text(refused)
    assert f'value="{client.viewer.pk}" checked' in text(refused)
    assert "Choose whom you ask." in text(owner.post(path, {"comment": QUESTION}))
    with tenant_scope(client.tenant.pk):
        assert not Comment.objects.exists()


def test_nothing_is_said_about_what_was_decided(world: World) -> None:
    client = world.harbor
    item, owner = ask(client), inside(client)
    asked(client, item)
    owner.decide(item, "accept")
    late = owner.post(f"/review/{item.pk}/comment/", {"comment": "Too late"})
    assert late.status_code == 409
    assert "This does not wait any more, so nothing is asked about it." in text(late)
    page = text(owner.get(f"/review/{item.pk}/"))
    assert QUESTION in page
    assert "Answer or ask…" not in page
    with tenant_scope(client.tenant.pk), pytest.raises(Conflict):
        comment(item.pk, "Too late", actor=client.actor())


def test_an_exception_is_discussed_too(world: World) -> None:
    client = world.harbor
    ask(client, order_id="10414")  # over the never-rule's sum
    with tenant_scope(client.tenant.pk):
        stuck = ReviewItem.objects.get(kind="exception")
    asked(client, stuck)
    viewer = inside(client, client.viewer)
    assert QUESTION in text(viewer.get(f"/review/{stuck.pk}/"))
    assert str(stuck.pk) in text(viewer.get("/review/?kind=asked"))


def test_asked_of_me_lists_what_waits_for_my_answer_even_if_i_decide_nothing(world: World) -> None:
    client = world.harbor
    item, other = ask(client), ask(client, order_id="10413")
    viewer, owner = inside(client, client.viewer), inside(client)
    assert "Nobody waits for your answer" in text(viewer.get("/review/?kind=asked"))
    asked(client, item)
    queue = text(viewer.get("/review/"))
    assert "Asked of me" in queue
    assert queue.count("Asked you") == 1
    assert "Asked you" not in text(owner.get("/review/"))
    page = text(viewer.get("/review/?kind=asked")).partition('<div id="item"')[0]
    assert f"/review/{item.pk}/" in page
    assert f"/review/{other.pk}/" not in page
    with clock.at(clock.now() + timedelta(minutes=1)):
        viewer.post(f"/review/{item.pk}/comment/", {"comment": "It is right."})
    assert "Asked you" not in text(viewer.get("/review/"))
    with clock.at(clock.now() + timedelta(minutes=2)):
        asked(client, item, words="And the order?")
    assert f"/review/{item.pk}/" in text(viewer.get("/review/?kind=asked"))
    owner.decide(item, "accept")
    assert "Nobody waits for your answer" in text(viewer.get("/review/?kind=asked"))


def test_who_is_asked_gets_one_mail_with_the_question_and_a_link(
    world: World, post: SmtpSink
) -> None:
    client = world.harbor
    item = ask(client)
    said = asked(client, item)
    outbox.drain()
    outbox.drain()
    [mail] = [one for one in post.messages if "asks you" in one["subject"]]
    assert mail["to"] == [client.viewer.email]
    assert QUESTION in mail["text"]
    assert "Refund $48.20 to Mia Chen" in mail["text"]
    assert f"/t/harbor-pine/review/{item.pk}/" in mail["text"]
    assert f"/t/harbor-pine/review/{item.pk}/" in mail["html"]
    with tenant_scope(client.tenant.pk):
        assert Notice.objects.get(kind="asked").object_id == said.pk


def test_questions_count_toward_the_hours_limit_and_none_is_lost(
    world: World, post: SmtpSink
) -> None:
    """A colleague who asks ten times interrupts as often as the person wants, and no more."""
    client = world.harbor
    item = ask(client)
    with tenant_scope(client.tenant.pk):
        NoticePreference.objects.update_or_create(person=client.viewer, defaults={"most": 2})
    now = clock.now()

    def heard() -> int:
        return sum("asks you" in mail["subject"] for mail in post.messages)

    with clock.at(now):
        for n in range(5):
            asked(client, item, words=f"Is it right, number {n}?")
        outbox.drain()
        assert heard() == 2
    with clock.at(now + timedelta(minutes=30)):
        outbox.drain()
        assert heard() == 2
    with clock.at(now + timedelta(minutes=61)):
        outbox.drain()
        assert heard() == 4
    with clock.at(now + timedelta(minutes=123)):
        outbox.drain()
    assert heard() == 5


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("decided", "It was decided, or its time is over."),
        ("left", "They do not belong to the business any more."),
        ("answered", "They have answered."),
    ],
)
def test_a_mail_that_lost_its_point_is_not_sent(
    world: World, post: SmtpSink, settings: Any, what: str, why: str
) -> None:
    client = world.harbor
    item = ask(client)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1  # no server yet: it stays owed
    now = clock.now()
    with clock.at(now):
        asked(client, item)
        outbox.drain()
    settings.EMAIL_PORT = port
    with clock.at(now + timedelta(minutes=2)):
        if what == "decided":
            inside(client).decide(item, "reject", reason="tone")
        with tenant_scope(client.tenant.pk):
            if what == "left":
                end_membership(membership(client), actor=client.actor())
            if what == "answered":
                comment(item.pk, "It is.", actor=client.actor(client.viewer))
        outbox.drain()
    assert post.messages == []
    with tenant_scope(client.tenant.pk):
        notice = Notice.objects.get(kind="asked")
        assert (notice.status, notice.problem) == ("failed", why)
