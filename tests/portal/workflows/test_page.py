"""Pages of workflows: what each may do, who decides, and how often it was accepted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import outbox
from tenants.scope import tenant_scope
from tests.portal.visiting import ROLES, text, visit
from tests.world import DEFINITION, REQUEST, World, make_world
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_every_role_sees_what_a_workflow_may_do_and_who_decides(world: World) -> None:
    for role in ROLES:
        visitor = visit(getattr(world.harbor, role), world.harbor)
        listed = text(visitor.get("workflows/"))
        assert "Refund replies" in listed
        assert "Execute with approval" in listed
        page = text(visitor.get("workflows/refund-replies/"))
        assert "Answer refund requests the same day." in page
        assert "Dana handles large refunds." in page
        assert "Never shop.refund where" not in page
        assert "Owner Harbor &amp; Pine" in page
        assert "Approver Harbor &amp; Pine" in page
        assert '<svg class="drawing fits"' in page


def test_acceptance_counts_decisions(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        start_run(world.harbor.workflow, input=REQUEST, trigger="api", actor=world.harbor.actor())
        outbox.drain()
    page = text(visit(world.harbor.owner, world.harbor).get("workflows/"))
    assert "nothing decided yet" in page


def test_the_list_asks_the_same_number_of_questions_for_many_workflows(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)

    def questions() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert owner.get("workflows/").status_code == 200
        return len(asked)

    questions()
    few = questions()
    with tenant_scope(world.harbor.tenant.pk):
        for n in range(8):
            make_workflow(
                text=DEFINITION.replace("workflow: refund-replies", f"workflow: more-{n}"),
                owner=world.harbor.owner,
                actor=world.staff(world.harbor),
            )
    assert questions() == few
