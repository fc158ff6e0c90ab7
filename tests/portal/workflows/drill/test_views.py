"""The pages of a drill: who sees the button, how it goes on, and what it shows."""

import pytest

from audit import outbox
from tenants.scope import tenant_scope
from tests.portal.visiting import text, visit
from tests.world import World, make_world
from workflows.models import Drill, Workflow

pytestmark = pytest.mark.django_db
PAGE = "workflows/refund-replies/"


@pytest.fixture
def world() -> World:
    return make_world()


def test_staff_run_it_and_see_each_failure_with_what_followed(world: World) -> None:
    operator = visit(world.operator, world.harbor)
    assert "Never drilled" in text(operator.get(PAGE))
    assert operator.post(f"{PAGE}drill/run/").status_code == 302
    assert "Under way: 0 of 3" in text(operator.get(PAGE))
    page = text(operator.get(f"{PAGE}drill/"))
    assert "0 of 3 models and tools drilled" in page
    assert "Run the drill" not in page
    outbox.drain()
    page = text(operator.get(f"{PAGE}drill/"))
    assert "No fallbacks are declared" in page
    assert "Nothing is declared: the run stops and a person is told." in page
    assert "E-mail (mail.send) breaks off after it was sent" in page
    assert "Run the drill" in page
    assert "No fallbacks are declared" in text(operator.get(PAGE))
    assert "drilled version 1 of Refund replies: no fallbacks are declared" in text(
        operator.get("record/")
    )


def test_others_see_the_result_and_no_button(world: World) -> None:
    visit(world.operator, world.harbor).post(f"{PAGE}drill/run/")
    outbox.drain()
    for person in (world.harbor.owner, world.harbor.viewer):
        visitor = visit(person, world.harbor)
        for path in (PAGE, f"{PAGE}drill/"):
            page = text(visitor.get(path))
            assert "No fallbacks are declared" in page
            assert "Run the drill" not in page
        assert visitor.post(f"{PAGE}drill/run/").status_code == 403


def test_a_second_is_refused_while_one_is_under_way(world: World) -> None:
    operator = visit(world.operator, world.harbor)
    for _ in range(2):
        operator.post(f"{PAGE}drill/run/")
    assert "A drill is under way already" in text(operator.get(f"{PAGE}drill/"))
    with tenant_scope(world.harbor.tenant.pk):
        assert Drill.objects.count() == 1


def test_without_a_live_version_there_is_a_sentence(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        Workflow.objects.update(live=None)
    operator = visit(world.operator, world.harbor)
    operator.post(f"{PAGE}drill/run/")
    page = text(operator.get(f"{PAGE}drill/"))
    assert "has no published version yet, so there is nothing to drill" in page
    assert "Run the drill" not in page


def test_the_page_asks_for_itself_until_the_drill_is_over(world: World) -> None:
    operator = visit(world.operator, world.harbor)
    operator.post(f"{PAGE}drill/run/")
    state = f"{PAGE}drill/state/"
    assert operator.get(state, seen="0-False").status_code == 204
    part = operator.get(state, seen="other")
    assert "hx-trigger" in part.content.decode()
    outbox.drain()
    assert "hx-trigger" not in operator.get(state, seen="0-False").content.decode()
    assert operator.get(state, seen="over").status_code == 204
    assert visit(world.quill.owner, world.quill).get(state).status_code == 200
    assert "Never drilled" in text(visit(world.quill.owner, world.quill).get(state))
