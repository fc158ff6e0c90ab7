"""The list of runs and the page of one: who reads them and who may cancel."""

from uuid import uuid4

import pytest

from approvals.models import ReviewItem
from tenants.scope import tenant_scope
from tests.portal.runs.runs_kit import decide_on, run_of
from tests.portal.visiting import ROLES, text, visit
from tests.world import World, make_world
from workflows.models import Call, CallPicture, Run
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_every_role_reads_a_trace_and_only_some_may_cancel(world: World) -> None:
    run = run_of(world.harbor)
    for role in ROLES:
        visitor = visit(getattr(world.harbor, role), world.harbor)
        page = visitor.get(f"runs/{run.pk}/")
        assert page.status_code == 200
        assert ("Cancel this run" in text(page)) == (role != "viewer")
    assert visitor.post(f"runs/{run.pk}/cancel/").status_code == 403
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.post(f"runs/{run.pk}/cancel/", reason="asked twice").status_code == 302
    assert "asked twice" in text(owner.get(f"runs/{run.pk}/"))
    with tenant_scope(world.harbor.tenant.pk):
        assert Run.objects.get().status == "cancelled"
        assert ReviewItem.objects.get().status == "cancelled"


def test_another_tenants_run_is_the_same_404_as_a_missing_one(world: World) -> None:
    foreign = run_of(world.quill)
    visitor = visit(world.harbor.owner, world.harbor)
    answers = [visitor.get(f"runs/{pk}/") for pk in (foreign.pk, uuid4())]
    answers += [visitor.post(f"runs/{pk}/cancel/") for pk in (foreign.pk, uuid4())]
    assert {answer.status_code for answer in answers} == {404}
    assert text(answers[0]) == text(answers[1])
    assert text(answers[2]) == text(answers[3])


def test_runs_are_listed_newest_first_by_workflow_and_state(world: World) -> None:
    first, second = run_of(world.harbor), run_of(world.harbor)
    decide_on(world.harbor, first, "take_over")
    owner = visit(world.harbor.owner, world.harbor)
    listed = text(owner.get("runs/", workflow="refund-replies"))
    assert listed.index(str(second.pk)) < listed.index(str(first.pk))
    waiting = text(owner.get("runs/", status="waiting"))
    assert str(second.pk) in waiting
    assert str(first.pk) not in waiting
    assert owner.get("runs/", workflow="not-there").status_code == 404


def test_pages_of_runs_join_without_gap_or_repetition(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        for n in range(53):
            start_run(
                world.harbor.workflow,
                input={"message": f"Number {n}"},
                trigger="api",
                actor=world.harbor.actor(),
            )
        ids = [str(pk) for pk in Run.objects.order_by("-id").values_list("id", flat=True)]
    owner = visit(world.harbor.owner, world.harbor)
    first = text(owner.get("runs/"))
    assert all(pk in first for pk in ids[:50])
    assert not any(f"/runs/{pk}/" in first for pk in ids[50:])
    second = text(owner.get("runs/", after=ids[49]))
    assert [pk for pk in ids if f"/runs/{pk}/" in second] == ids[50:]
    back = text(owner.get("runs/", before=ids[50]))
    assert [pk for pk in ids if f"/runs/{pk}/" in back] == ids[:50]
    assert owner.get("runs/", after="nonsense").status_code == 404


def test_a_picture_of_a_call_is_shown_to_its_client_alone(world: World) -> None:
    run, foreign = run_of(world.harbor), run_of(world.quill)
    with tenant_scope(world.harbor.tenant.pk):
        call = Call.objects.filter(run=run).latest("id")
        Call.objects.filter(pk=call.pk).update(kind="tool")
        shown = CallPicture.objects.create(call=call, content=b"\xff\xd8 <script>")
    with tenant_scope(world.quill.tenant.pk):
        call = Call.objects.filter(run=foreign).latest("id")
        theirs = CallPicture.objects.create(call=call, content=b"\xff\xd8 theirs")
    visitor = visit(world.harbor.viewer, world.harbor)
    address = f"runs/{run.pk}/pictures/{shown.pk}/"
    assert address in text(visitor.get(f"runs/{run.pk}/"))
    answer = visitor.get(address)
    assert (answer.content, answer["Content-Type"]) == (b"\xff\xd8 <script>", "image/jpeg")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    for other in (f"{run.pk}/pictures/{theirs.pk}", f"{foreign.pk}/pictures/{theirs.pk}"):
        assert visitor.get(f"runs/{other}/").status_code == 404
    assert visitor.post(address).status_code == 405
