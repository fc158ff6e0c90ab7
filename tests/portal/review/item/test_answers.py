"""The ways out of an exception on its page, and the buttons of a run."""

from datetime import timedelta

import pytest

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from audit import outbox
from tenants import clock
from tenants.scope import tenant_scope
from tests.portal.api.api_kit import RUNS, key_of, send
from tests.portal.review_kit import Visitor, ask, inside, text
from tests.world import Client, World, make_world
from workflows.models import Circuit, Run, StepRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def run_of(client: Client) -> Run:
    with tenant_scope(client.tenant.pk):
        return Run.objects.select_related("workflow").latest("id")


def failed(client: Client) -> ReviewItem:
    """An exception: the approved refund is not done, as its host is not allowed any more."""
    item = ask(client)
    with tenant_scope(client.tenant.pk):
        decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())
        type(client.tenant).objects.filter(pk=client.tenant.pk).update(allowed_hosts=[])
        outbox.drain()
        return ReviewItem.objects.get(kind="exception")


def resolve(visitor: Visitor, item: ReviewItem, way: str, **more: str) -> int:
    return visitor.decide(item, "resolve", reason=way, **more).status_code


def exceptions(client: Client) -> list[ReviewItem]:
    with tenant_scope(client.tenant.pk):
        return list(ReviewItem.objects.filter(kind="exception", status="waiting"))


def test_the_page_shows_whose_it_is_and_every_way_out(world: World) -> None:
    item = failed(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "Northlight Operations is told of it, and mends it." in page
    for words in ("Ask for approval again", "Cancel the run", "Skip it with a value", "Hand it to"):
        assert words in page
    assert f"/runs/{item.run_id}/" in page
    queue = text(inside(world.harbor).get("/exceptions/"))
    assert "with the provider" in queue
    assert "for Owner Harbor &amp; Pine" not in queue


def test_one_that_is_the_clients_names_its_owner(world: World) -> None:
    ask(world.harbor, order_id="10414")  # over the never-rule's sum
    (item,) = exceptions(world.harbor)
    assert "For Owner Harbor &amp; Pine" in text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "for Owner Harbor &amp; Pine" in text(inside(world.harbor).get("/exceptions/"))


def test_a_value_that_does_not_fit_comes_back_with_what_was_typed(world: World) -> None:
    item = failed(world.harbor)
    answer = inside(world.harbor).decide(item, "resolve", reason="skip", value='["<b>"]')
    assert answer.status_code == 400
    assert "must be a JSON object" in text(answer)
    assert "[&quot;&lt;b&gt;&quot;]" in text(answer)
    assert [e.pk for e in exceptions(world.harbor)] == [item.pk]


def test_a_value_is_given_through_the_form(world: World) -> None:
    item = failed(world.harbor)
    assert resolve(inside(world.harbor), item, "skip", value='{"ok": true}') == 302
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
        row = StepRun.objects.get(name="refund", replaced_at=None)
    assert row.output == {"ok": True, "given_by": "Owner Harbor & Pine"}
    page = text(inside(world.harbor).get(f"/runs/{item.run_id}/"))
    assert "Given by Owner Harbor &amp; Pine." in page


def test_it_is_handed_on_through_the_form(world: World) -> None:
    item = failed(world.harbor)
    to = str(world.harbor.approver.pk)
    assert resolve(inside(world.harbor), item, "hand", to=to, words="Yours, I think.") == 302
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
    (handed,) = exceptions(world.harbor)
    page = text(inside(world.harbor, world.harbor.approver).get(f"/review/{handed.pk}/"))
    assert "For Approver Harbor &amp; Pine, handed on by Owner Harbor &amp; Pine" in page
    assert "Yours, I think." in page


def test_who_may_not_handle_exceptions_takes_no_way_out(world: World) -> None:
    item = failed(world.harbor)
    viewer = inside(world.harbor, world.harbor.viewer)
    assert resolve(viewer, item, "cancel") == 403
    assert resolve(viewer, item, "skip", value="{}") == 403
    assert [e.pk for e in exceptions(world.harbor)] == [item.pk]


def test_a_run_is_paused_and_goes_on_by_its_buttons(world: World) -> None:
    ask(world.harbor)
    run, owner = run_of(world.harbor), inside(world.harbor)
    assert owner.post(f"/runs/{run.pk}/pause/", {"reason": "Wait."}).status_code == 302
    page = text(owner.get(f"/runs/{run.pk}/"))
    assert "paused since" in page
    assert "Let it go on" in page
    assert "Pause this run" not in page
    assert owner.post(f"/runs/{run.pk}/pause/", {}).status_code == 409
    assert owner.post(f"/runs/{run.pk}/resume/", {}).status_code == 302
    assert "Pause this run" in text(owner.get(f"/runs/{run.pk}/"))
    viewer = inside(world.harbor, world.harbor.viewer)
    assert viewer.post(f"/runs/{run.pk}/pause/", {}).status_code == 403
    assert "Pause this run" not in text(viewer.get(f"/runs/{run.pk}/"))


def test_a_run_is_run_again_by_its_form_once_however_often_it_is_sent(world: World) -> None:
    ask(world.harbor)
    run, owner = run_of(world.harbor), inside(world.harbor)
    assert "Run again from a step" not in text(owner.get(f"/runs/{run.pk}/"))
    owner.post(f"/runs/{run.pk}/cancel/", {})
    assert "Run again from a step" in text(owner.get(f"/runs/{run.pk}/"))
    asked = {"step": "refund", "key": "abc"}
    first = owner.post(f"/runs/{run.pk}/again/", asked)
    assert (
        first.headers["Location"] == owner.post(f"/runs/{run.pk}/again/", asked).headers["Location"]
    )
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
    assert "An earlier run" in text(owner.get(f"/runs/{run_of(world.harbor).pk}/"))
    assert "Run again as" in text(owner.get(f"/runs/{run.pk}/"))
    assert owner.post(f"/runs/{run.pk}/again/", {"step": "x", "key": "d"}).status_code == 400


def test_a_tool_that_is_held_shows_on_the_workflows_page(world: World) -> None:
    now = clock.now()
    with tenant_scope(world.harbor.tenant.pk):
        for name in ("shop.refund", "shop.other"):
            Circuit.objects.create(
                kind="tool",
                name=name,
                failures=7,
                failed_at=now,
                opens=1,
                opened_at=now,
                problem="It answered 503.",
            )
    page = text(inside(world.harbor).get("/workflows/refund-replies/"))
    assert "Calls to shop.refund wait, as it failed 7 times in a row: It answered 503." in page
    assert "shop.other" not in page
    assert "wait, as it" not in text(inside(world.quill).get("/workflows/refund-replies/"))


def test_a_model_that_asked_for_a_pause_shows_on_the_workflows_page(world: World) -> None:
    now = clock.now()
    with tenant_scope(world.harbor.tenant.pk):
        Circuit.objects.create(
            kind="model",
            name="openai/busy",
            failed_at=now,
            rest_until=now + timedelta(minutes=1),
            problem="The model answered 429: slow down.",
        )
    page = text(inside(world.harbor).get("/workflows/refund-replies/"))
    assert "Calls to openai/busy wait, as it asked for a pause: The model answered 429" in page


# -- The API -------------------------------------------------------------------------------


def test_a_run_is_paused_resumed_cancelled_and_run_again_over_the_api(world: World) -> None:
    ask(world.harbor)
    key, path = key_of(world.harbor), f"{RUNS}/{run_of(world.harbor).pk}"
    paused = send(key, "POST", f"{path}/pause", {"reason": "Wait."})
    assert paused.status_code == 200
    assert paused.json()["paused_at"]
    assert send(key, "POST", f"{path}/pause").status_code == 409
    assert send(key, "POST", f"{path}/resume").json()["paused_at"] is None
    refused = send(key, "POST", f"{path}/rerun", {"step": "reply"})
    assert refused.status_code == 409
    assert send(key, "POST", f"{path}/cancel").json()["status"] == "cancelled"
    again = {"Idempotency-Key": "again"}
    first = send(key, "POST", f"{path}/rerun", {"step": "reply"}, **again)
    assert first.status_code == 201
    assert first.json()["rerun_from"] == "reply"
    second = send(key, "POST", f"{path}/rerun", {"step": "reply"}, **again)
    assert second.status_code == 200
    assert second.json()["id"] == first.json()["id"]
    assert send(key, "POST", f"{path}/rerun", {"step": "refund"}, **again).status_code == 409
    assert send(key, "POST", f"{path}/rerun", {}).status_code == 400
    assert send(key, "POST", f"{path}/rerun", {"step": "nowhere"}).status_code == 400


@pytest.mark.parametrize("act", ["pause", "resume", "cancel", "rerun"])
def test_a_key_that_may_only_read_changes_nothing(world: World, act: str) -> None:
    ask(world.harbor)
    run = run_of(world.harbor)
    key = key_of(world.harbor, "runs:read")
    assert send(key, "POST", f"{RUNS}/{run.pk}/{act}", {"step": "reply"}).status_code == 403
    assert run_of(world.harbor).status == "waiting"
