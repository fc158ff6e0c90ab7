"""The page on which a person says how to hear of items."""

import pytest

from audit import outbox
from portal.notices.models import NoticePreference
from tenants.scope import tenant_scope
from tests.fakes.smtp import SmtpSink
from tests.portal.review_kit import inside, text
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_person_sets_how_they_hear(world: World) -> None:
    visitor = inside(world.harbor)
    given = {"how": "digest", "times": "9:00, 16:30", "most": "2", "via": "mail"}
    assert visitor.post("/notices/", given).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        [found] = NoticePreference.objects.all()
    assert (found.person, found.how, found.times, found.most) == (
        world.harbor.owner,
        "digest",
        ["09:00", "16:30"],
        2,
    )
    page = text(visitor.get("/notices/"))
    assert "09:00, 16:30" in page


def test_one_can_send_oneself_a_notice(world: World, post: SmtpSink) -> None:
    visitor = inside(world.harbor)
    visitor.post("/notices/try/", {})
    visitor.post("/notices/try/", {})
    outbox.drain()
    assert [m["subject"] for m in post.messages] == ["Harbor & Pine: this is how notices reach you"]
