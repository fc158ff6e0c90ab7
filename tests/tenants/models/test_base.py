"""A tenant-owned model answers only inside a scope, with that tenant's rows."""

import pytest

from tenants.errors import ScopeMissing
from tenants.models import Source, TenantForeignKey
from tenants.scope import tenant_scope
from tests.world import make_world


def test_without_a_scope_a_model_is_neither_read_nor_made() -> None:
    for attempt in (Source.objects.all, Source.objects.count, Source.objects.across, Source):
        with pytest.raises(ScopeMissing):
            attempt()


def test_a_list_of_nothing_needs_no_scope() -> None:
    assert list(Source.objects.none()) == []


@pytest.mark.django_db
def test_a_scope_has_its_own_rows_and_a_new_row_is_its_own() -> None:
    world = make_world()
    with tenant_scope(world.harbor.tenant.pk):
        assert {one.tenant_id for one in Source.objects.all()} == {world.harbor.tenant.pk}
        assert Source().tenant_id == world.harbor.tenant.pk
        # Another tenant's rows are not there, even where they are asked for by name.
        assert not Source.objects.filter(tenant_id=world.quill.tenant.pk).exists()


def test_a_link_inside_a_tenant_leaves_its_constraint_to_the_wall() -> None:
    link = TenantForeignKey("tenants.Source")
    assert link.inside_wall
    assert not link.db_constraint
