"""The page of budgets over all clients: for staff to read, for admins to change."""

import pytest

from tests.browsing import browser
from tests.portal.visiting import text
from tests.workflows.budgets.budgets_kit import set_for_provider
from tests.world import World, make_world
from workflows.models import ProviderBudget

pytestmark = pytest.mark.usefixtures("committed")
PATH = "/desk/budgets/"
NEW = {"amount": "500", "unit": "money", "period": "month", "warn_at": "80", "then": "person"}


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def test_clients_people_find_no_such_page(world: World) -> None:
    owner = browser(world.harbor.owner)
    assert owner.get(PATH).status_code == 404
    assert owner.post(f"{PATH}add/", NEW).status_code == 404
    budget = set_for_provider()
    assert owner.post(f"{PATH}{budget.pk}/remove/").status_code == 404


def test_operators_read_it(world: World) -> None:
    budget = set_for_provider()
    operator = browser(world.operator)
    page = text(operator.get(PATH))
    assert "$1.00 a month" in page
    assert "Add a budget" not in page
    assert operator.post(f"{PATH}add/", NEW).status_code == 403
    assert operator.post(f"{PATH}{budget.pk}/", NEW).status_code == 403


def test_admins_set_change_and_remove_one(world: World) -> None:
    admin = browser(world.admin)
    assert "There is none." in text(admin.get(PATH))
    assert admin.post(f"{PATH}add/", NEW).status_code == 302
    assert "$500.00 left" in text(admin.get(PATH))
    assert admin.post(f"{PATH}add/", NEW).status_code == 400
    assert admin.post(f"{PATH}add/", NEW | {"period": "run"}).status_code == 400
    path = f"{PATH}{ProviderBudget.objects.get().pk}/"
    assert admin.post(path, {"amount": "", "warn_at": "1", "then": "person"}).status_code == 400
    assert admin.post(path, {"amount": "9", "warn_at": "1", "then": "queue"}).status_code == 302
    assert ProviderBudget.objects.get().most == 9_000_000
    assert admin.post(f"{path}remove/").status_code == 302
    assert not ProviderBudget.objects.exists()
