"""A tenant-owned model answers only inside a scope, with that tenant's rows."""

import pytest
from django.db import models

from approvals.models import ReviewItem
from tenants.errors import ScopeMissing
from tenants.models import Source, TenantForeignKey
from tenants.scope import tenant_scope
from tests.approvals.put_up import put_up
from tests.lanes import Lane
from tests.world import make_world
from workflows.models import Run


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


def test_a_row_comes_without_init_as_django_would_make_it(lane: Lane) -> None:
    item = put_up(lane, "A lamp")
    read, by_django = ReviewItem.objects.get(pk=item.pk), models.Model.from_db.__func__
    values = [getattr(item, field.attname) for field in ReviewItem._meta.concrete_fields]
    names = [field.attname for field in ReviewItem._meta.concrete_fields]
    made = by_django(ReviewItem, "default", names, values)
    assert read == made
    assert (read._state.adding, read._state.db) == (False, "default")
    assert read.get_deferred_fields() == made.get_deferred_fields() == set()
    read.title = "Another lamp"
    read.save()
    assert ReviewItem.objects.get(pk=item.pk).title == "Another lamp"


def test_a_field_that_was_not_read_is_read_when_it_is_asked_for(lane: Lane) -> None:
    item = put_up(lane, "A lamp")
    read = ReviewItem.objects.only("kind").get(pk=item.pk)
    assert "title" in read.get_deferred_fields()
    assert read.title == "A lamp"
    assert "title" not in read.get_deferred_fields()


def test_a_new_row_is_made_as_django_would_make_it(lane: Lane) -> None:
    run = Run(workflow=lane.workflow, trigger="api", input={"message": "A lamp"})
    by_django = Run.__new__(Run)
    models.Model.__init__(
        by_django, id=run.pk, workflow=lane.workflow, trigger="api", input={"message": "A lamp"}
    )
    by_django.started_at = run.started_at
    names = [field.attname for field in Run._meta.concrete_fields]
    assert {name: getattr(run, name) for name in names} == {
        name: getattr(by_django, name) for name in names
    }
    assert vars(run).keys() == vars(by_django).keys()
    assert vars(run._state) == vars(by_django._state)
    assert run.workflow is lane.workflow


def test_a_default_that_is_made_is_each_instance_s_own(lane: Lane) -> None:
    first, second = Run(), Run()
    assert first.pk != second.pk
    assert first.requested_by == second.requested_by == []
    assert first.requested_by is not second.requested_by


def test_a_relation_is_none_or_given_by_its_id_and_its_kind_is_checked(lane: Lane) -> None:
    assert (Run(parent=None).parent, Run(workflow_id=lane.workflow.pk).workflow) == (
        None,
        lane.workflow,
    )
    with pytest.raises(ValueError, match="must be a"):
        Run(workflow=Run())
    with pytest.raises(TypeError, match="unexpected"):
        Run(workflows=lane.workflow)


def test_what_is_given_by_place_or_alias_is_left_to_django(lane: Lane) -> None:
    run = Run()
    values = [getattr(run, field.attname) for field in Run._meta.concrete_fields]
    assert Run(*values) == Run(pk=run.pk) == run
