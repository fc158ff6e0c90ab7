"""The pages of a client's budgets: set, changed, removed; and what they tell of what is left."""

import pytest

from audit import outbox
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.portal.review_kit import Visitor, ask, inside
from tests.portal.visiting import text
from tests.workflows.budgets.budgets_kit import set_one
from tests.world import World, make_world
from workflows.models import Budget, BudgetPeriod

pytestmark = pytest.mark.django_db
NEW = {"amount": "50", "unit": "money", "period": "month", "warn_at": "80", "then": "person"}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


def only(world: World) -> Budget:
    with tenant_scope(world.harbor.tenant.pk):
        return Budget.objects.get()


def test_a_budget_is_set_changed_and_removed(world: World, owner: Visitor) -> None:
    assert "No budget yet" in text(owner.get("/budgets/"))
    assert owner.post("/budgets/add/", NEW).status_code == 302
    page = text(owner.get("/budgets/"))
    assert "$50.00 left" in page
    assert "$50.00 a month" in page
    assert "holds from now on" in page
    path = f"/budgets/{only(world).pk}/"
    changed = {"amount": "20", "warn_at": "0", "then": "queue"}
    assert owner.post(path, changed).status_code == 302
    assert only(world).most == 20_000_000
    assert owner.post(f"{path}remove/", {}).status_code == 302
    assert "No budget yet" in text(owner.get("/budgets/"))


def test_a_second_one_of_its_kind_is_refused_in_words(owner: Visitor) -> None:
    owner.post("/budgets/add/", NEW)
    again = owner.post("/budgets/add/", NEW)
    assert again.status_code == 400
    assert "already. Change that one." in text(again)


@pytest.mark.parametrize("amount", ["", "x\x00", "1e400", "9" * 100_000, "💸", "-5"])
def test_odd_amounts_are_said_and_change_nothing(world: World, owner: Visitor, amount: str) -> None:
    assert owner.post("/budgets/add/", NEW | {"amount": amount}).status_code == 400
    owner.post("/budgets/add/", NEW)
    path = f"/budgets/{only(world).pk}/"
    answer = owner.post(path, {"amount": amount, "warn_at": "80", "then": "person"})
    assert answer.status_code == 400
    assert only(world).most == 50_000_000


def test_one_that_is_gone_is_missing(owner: Visitor) -> None:
    path = f"/budgets/{uuid7()}/"
    given = {"amount": "1", "warn_at": "80", "then": "person"}
    assert owner.post(path, given).status_code == 404
    assert owner.post(f"{path}remove/", {}).status_code == 404


def test_others_read_and_change_nothing(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        budget = set_one()
    viewer = inside(world.harbor, world.harbor.viewer)
    page = text(viewer.get("/budgets/"))
    assert "$1.00 a month" in page
    assert "Add a budget" not in page
    assert viewer.post("/budgets/add/", NEW).status_code == 403
    assert viewer.post(f"/budgets/{budget.pk}/remove/", {}).status_code == 403
    assert viewer.post("/budgets/unpriced/", {"amount": "1"}).status_code == 403


def test_what_an_unpriced_call_counts_for_is_set(world: World, owner: Visitor) -> None:
    assert owner.post("/budgets/unpriced/", {"amount": "0.02"}).status_code == 302
    assert "$0.020" in text(owner.get("/budgets/"))
    assert owner.post("/budgets/unpriced/", {"amount": "0"}).status_code == 400
    owner.post("/budgets/unpriced/", {"amount": ""})
    assert Tenant.objects.get(pk=world.harbor.tenant.pk).unpriced_call_micros is None


def test_reports_and_workflows_say_what_is_left(world: World, owner: Visitor) -> None:
    assert "What is left for models" not in text(owner.get("/workflows/"))
    owner.post("/budgets/add/", NEW)
    for path in ("/workflows/", "/reports/"):
        assert "$50.00 left" in text(owner.get(path))


def test_people_are_mailed_once_when_it_is_used_up(world: World, owner: Visitor) -> None:
    owner.post("/budgets/add/", NEW | {"amount": "0", "unit": "calls"})
    for n in range(2):
        ask(world.harbor, subject=f"Lamp {n}")
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
        assert BudgetPeriod.objects.get().told == "stopped"
    record = text(owner.get("/record/?family=budget"))
    assert "held a call: the budget of 0 calls a month is used up" in record
    exceptions = text(owner.get("/exceptions/"))
    assert "budget of 0 calls a month does not allow it" in exceptions
    assert "Open the budgets" in exceptions
