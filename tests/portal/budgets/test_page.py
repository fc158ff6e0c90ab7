"""What pages of budgets say to whom."""

from datetime import date

import pytest

from portal.budgets.page import client_context, provider_context, tile_rows
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.lanes import NOON
from tests.workflows.budgets.budgets_kit import set_for_provider, set_one
from tests.world import World, make_world
from workflows.models import BudgetPeriod

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def world(committed: None) -> World:
    with clock.at(NOON):
        return make_world()


def test_each_side_has_forms_for_its_own(world: World) -> None:
    harbor = world.harbor
    with clock.at(NOON), tenant_scope(harbor.tenant.pk):
        set_one()
        set_one(is_providers=True)
        owner = client_context(harbor.tenant, harbor.actor())
        staff = client_context(harbor.tenant, world.staff(harbor, world.admin))
        viewer = client_context(harbor.tenant, harbor.actor(harbor.viewer))
    for context, own in ((owner, False), (staff, True)):
        editable = [row.line.budget.is_providers for row in context["rows"] if row.form]
        assert editable == [own]
    assert [row.form for row in viewer["rows"]] == [None, None]
    assert viewer["form"] is viewer["unpriced_form"] is None


def test_the_tile_says_what_is_left_of_each_period(world: World) -> None:
    harbor = world.harbor
    with clock.at(NOON), tenant_scope(harbor.tenant.pk):
        assert tile_rows(harbor.tenant) == []
        budget = set_one(most=50_000_000)
        set_one(period="run", unit="calls", most=3)
        BudgetPeriod.objects.create(
            budget=budget, starts_on=date(2026, 11, 1), spent=12_340_000, reserved=400_000
        )
        (row,) = tile_rows(Tenant.objects.get(pk=harbor.tenant.pk))
    words = row.words
    assert (words.limit, words.whose) == ("$50.00 a month", "Everything")
    assert (words.spent, words.reserved, words.left) == ("$12.34", "$0.40", "$37.26")


def test_the_provider_sees_assigned_clients_and_those_without(world: World) -> None:
    set_for_provider(most=1)
    with clock.at(NOON):
        with tenant_scope(world.harbor.tenant.pk):
            set_one(workflow=world.harbor.workflow)
        context = provider_context(world.admin)
        operators = provider_context(world.operator)
    assert [row.words.whose for row in context["rows"]] == ["All clients together"]
    assert [(tenant.slug, len(rows)) for tenant, rows in context["clients"]] == [
        (world.harbor.tenant.slug, 1)
    ]
    assert world.quill.tenant in context["unbudgeted"]
    assert context["rows"][0].form is not None
    assert operators["rows"][0].form is operators["form"] is None
