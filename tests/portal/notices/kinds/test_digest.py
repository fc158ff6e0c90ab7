"""Digests: gathered until their time, without what was decided since."""

from datetime import timedelta

import pytest

from approvals.models import ReviewItem
from audit import outbox
from portal.notices import new_items
from tenants import clock
from tenants.scope import tenant_scope
from tests.fakes.smtp import SmtpSink
from tests.lanes import NOON
from tests.portal.notices.notices_kit import look, prefer
from tests.portal.review_kit import draft, inside
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_digest_is_gathered_until_its_time(world: World, post: SmtpSink) -> None:
    prefer(world.harbor, how="digest", times=["13:00"], gathered_at=NOON)
    draft(world.harbor, "One")
    draft(world.harbor, "Two")
    look()
    assert post.messages == []
    look(minutes=60)
    [mail] = post.messages
    assert "2 items wait for you" in mail["subject"]
    draft(world.harbor, "Three")
    look()
    assert len(post.messages) == 1


def test_a_digest_leaves_out_what_was_decided_before_it_was_written(
    world: World, post: SmtpSink
) -> None:
    prefer(world.harbor, how="digest", times=["13:00"], gathered_at=NOON)
    for subject in ("One", "Two", "Three"):
        draft(world.harbor, subject)
    clock.pass_time(timedelta(hours=1))
    new_items.begin_item_checks()
    with tenant_scope(world.harbor.tenant.pk):
        new_items.notify_new_items(outbox.Claim(*[None] * 5))  # type: ignore[arg-type]
        first = ReviewItem.objects.order_by("id")[0]
    inside(world.harbor).decide(first, "accept")
    outbox.drain()
    [mail] = post.messages
    assert "2 items wait" in mail["subject"]
    assert "One" not in mail["text"]
