"""The page of policies, as those read it who set none."""

import pytest

from approvals.gate.tools import add_tool
from approvals.models import Policy
from tenants.scope import tenant_scope
from tests.portal.policies.policy_form_kit import TWO, text
from tests.portal.review_kit import Visitor, inside
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


def test_others_read_it_and_change_nothing(world: World, owner: Visitor) -> None:
    owner.post("/policies/add/", TWO)
    with tenant_scope(world.harbor.tenant.pk):
        policy = Policy.objects.get()
    for user in (world.harbor.approver, world.harbor.viewer, world.operator):
        visitor = inside(world.harbor, user)
        page = text(visitor.get("/policies/"))
        assert "Refunds over $25.00" in page
        assert "Add a policy" not in page
        assert visitor.get(f"/policies/{policy.pk}/").status_code == 403
        for path, form in (
            ("/policies/add/", TWO),
            (f"/policies/{policy.pk}/", TWO),
            (f"/policies/{policy.pk}/remove/", {}),
            (f"/policies/{policy.pk}/up/", {}),
            ("/policies/hours/", {"days": "1", "opens": "08:00", "closes": "09:00"}),
        ):
            assert visitor.post(path, form).status_code == 403, path


def test_tools_whose_amounts_cant_be_read_are_named(world: World, owner: Visitor) -> None:
    """Case A13: a policy on amounts says of which tools it holds every use."""
    properties = {"order": {"type": "string"}, "amount_cents": {"type": "integer"}}
    with tenant_scope(world.harbor.tenant.pk):
        add_tool(
            name="bank.refund",
            title="Bank refund",
            adapter="http",
            effect="write",
            kind="refund",
            args_schema={"type": "object", "properties": properties},
            actor=world.staff(world.harbor),
        )
    assert "Bank refund" in text(owner.post("/policies/preview/", TWO))
    owner.post("/policies/add/", TWO)
    page = text(owner.get("/policies/"))
    assert "so it holds every use of them: Bank refund." in page
    owner.post("/policies/add/", TWO | {"over": "", "kind": "send"})
    assert text(owner.get("/policies/")).count("holds every use of them") == 1


def test_staff_see_policies_and_set_none(world: World) -> None:
    """Case 9c: how many must agree is the client's to say."""
    staff = inside(world.harbor, world.admin)
    page = text(staff.get("/policies/"))
    assert "Add the policy" not in page
    for path, data in (("add", TWO), ("take-back", {"seconds": "0"}), ("hours", {})):
        assert staff.post(f"/policies/{path}/", data).status_code in (403, 404)
    with tenant_scope(world.harbor.tenant.pk):
        assert not Policy.objects.exists()
