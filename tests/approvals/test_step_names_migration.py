"""Rows of the former release have marks at their steps; the migration moves them into fields."""

from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.test import override_settings

from approvals.decisions.undo import ask_undo
from approvals.models import Planted, Proposal, ReviewItem, content_of
from approvals.quality.consent import agree_to_planting
from approvals.quality.planting import PlantedMistake
from audit import outbox
from audit.canonical import sha256
from tenants import clock
from tenants.scope import tenant_scope
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.lanes import NOON, SMTP, Lane
from tests.undo_kit import make_undoable
from tests.world import World, make_world
from workflows.exceptions.draft import ExceptionDraft
from workflows.services.planting import plant_mistake

BEFORE = "0018_viewings"
PLAIN = [
    ("proposal", "refund", 1),
    ("exception", "refund", 1),
    ("proposal", "refund", 2),
    ("undo", "refund", 1),
    ("exception", "refund", 2),
    ("proposal", "refund", 1),
]
MARKED = [
    ("proposal", "refund", 1),
    ("exception", "refund!", 1),
    ("proposal", "refund", 2),
    ("undo", "refund~", 1),
    ("exception", "refund~!", 1),
    ("proposal", "refund*1", 1),
]


@pytest.fixture
def lane(committed: None) -> Iterator[Lane]:
    """Harbor's lane, its scope not entered: a migration waits for open transactions."""
    with HttpSink() as shop, SmtpSink() as post, clock.at(NOON):
        world: World = make_world(shop=shop.host)
        mail = {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": post.port}
        with override_settings(**mail):
            yield Lane(world, world.harbor, shop, post)


def migrate(name: str = "") -> None:
    """Go to a migration of approvals, by default to the newest of all: others rest on it."""
    connections.close_all()
    executor = MigrationExecutor(connections["owner"])
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate([("approvals", name)] if name else newest)


def rows() -> list[tuple[str, str, int]]:
    items = ReviewItem.objects.shown().order_by("id")
    return list(items.values_list("kind", "step", "attempt"))


def undo_fails_after_the_step_did(lane: Lane) -> None:
    """Leave an exception about a step, one about its undo, and a planted copy."""
    first = iter([422])
    lane.shop.status = lambda request: next(first, 200)
    make_undoable(lane)
    lane.resolve("ask_again")
    lane.decide()
    done = ReviewItem.objects.filter(kind="proposal").latest("id")
    lane.shop.status = lambda request: 422 if request["path"] == "/cancel" else 200
    ask_undo(done.pk, actor=lane.client.actor())
    outbox.drain()
    lane.shop.status = 200
    agree_to_planting(actor=lane.client.actor())
    wrong = {0: {"amount": {"value": 14820, "currency": "USD"}}}
    mistake = PlantedMistake(words="the amount was wrong", draft=None, args=wrong)
    plant_mistake(done.pk, mistake, actor=lane.world.staff(lane.client))


def write_draft_as_the_former_release(item: ReviewItem) -> None:
    """Give an exception about an undo the draft that the former release wrote."""
    item.draft["step"] += "~"
    del item.draft["undo"]
    item.content_hash = sha256(content_of(item, []))
    item.save(update_fields=["draft", "content_hash"])


def write_marks_as_the_former_release() -> None:
    """Leave the rows about the undo as if a process of the former release had inserted them."""
    Proposal.objects.filter(is_undo=True).update(step="refund~", is_undo=False)
    for kind, step in (("undo", "refund~"), ("exception", "refund~!")):
        newest = ReviewItem.objects.filter(kind=kind).latest("id")
        ReviewItem.objects.filter(pk=newest.pk).update(step=step, attempt=1)


@pytest.mark.parametrize("is_mixed", [False, True])
def test_marks_become_fields_and_what_waited_is_decided_afterwards(
    lane: Lane, is_mixed: bool
) -> None:
    tenant_id = lane.client.tenant.pk
    with tenant_scope(tenant_id):
        undo_fails_after_the_step_did(lane)
        assert rows() == PLAIN
        if is_mixed:
            write_marks_as_the_former_release()
    try:
        migrate(BEFORE)
        with tenant_scope(tenant_id):
            assert rows() == MARKED
            steps = Proposal.objects.order_by("id").values_list("step", flat=True)
            assert list(steps) == ["refund", "send", "refund", "send", "refund~", "refund", "send"]
            write_draft_as_the_former_release(lane.exception())
    finally:
        migrate()
    with tenant_scope(tenant_id):
        assert rows() == PLAIN
        undos = Proposal.objects.filter(is_undo=True)
        assert [(one.step, one.status) for one in undos] == [("refund", "failed")]
        assert not Proposal.objects.exclude(step__in=("refund", "send")).exists()
        exception = lane.exception()
        assert ExceptionDraft.read(exception.draft).about_undo
        assert exception.content_hash == sha256(content_of(exception, []))
        lane.resolve("undo_again")
        assert lane.undo_statuses() == {"refund": "executed"}
        acts = Proposal.objects.filter(step="refund", is_undo=False, planted=False)
        assert [act.status for act in acts.order_by("id")] == ["failed", "undone"]
        assert Planted.objects.get().item.step == "refund"
