"""A queryset is compiled once and run with the values and the tenant of each run."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import DateTimeField, QuerySet, TextField
from django.test.utils import CaptureQueriesContext

from approvals.models import ReviewItem
from tenants import clock
from tenants.db.compiled import CompiledSql, JsonList, OneOf, Param, compile_once
from tenants.errors import ScopeMissing
from tenants.scope import tenant_scope
from tests.approvals.put_up import put_up
from tests.lanes import Lane
from tests.world import make_world


@compile_once
def due(kind: str) -> QuerySet[ReviewItem]:
    items = ReviewItem.objects.shown().filter(kind=kind, due_at__lt=Param("by", DateTimeField()))
    return items.select_related("decided_by").order_by("due_at")


@compile_once
def named() -> QuerySet[Any, Any]:
    return ReviewItem.objects.filter(OneOf("pk", "items")).values_list("title", flat=True)


@compile_once
def nothing() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(pk__in=[])


@compile_once
def shaped() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(shaped_by__contains=JsonList(Param("who", TextField())))


def test_one_build_answers_many_runs_as_the_queryset_would(lane: Lane) -> None:
    builds = []

    @compile_once
    def due_by(kind: str) -> QuerySet[ReviewItem]:
        builds.append(kind)
        items = ReviewItem.objects.filter(kind=kind, due_at__lt=Param("by", DateTimeField()))
        return items.select_related("decided_by").order_by("due_at")

    for hours in (1, 3):
        put_up(lane, f"in {hours}", due_at=clock.now() + timedelta(hours=hours))
    ends = [clock.now() + timedelta(hours=hours) for hours in (0, 2, 4)]
    found = [due_by("draft").rows(by=end) for end in ends]
    assert [[one.title for one in each] for each in found] == [[], ["in 1"], ["in 1", "in 3"]]
    assert builds == ["draft"]
    by_django = list(ReviewItem.objects.shown().order_by("due_at"))
    assert found[2] == by_django
    assert [one.evidence for one in found[2]] == [one.evidence for one in by_django]
    assert due_by("proposal").row(by=ends[2]) is None
    assert builds == ["draft", "proposal"]


def test_a_list_of_ids_is_one_parameter(lane: Lane) -> None:
    first, second = put_up(lane, "first"), put_up(lane, "second")
    assert named().rows(items=[]) == []
    assert named().rows(items=[second.pk]) == ["second"]
    assert sorted(named().rows(items=[first.pk, second.pk])) == ["first", "second"]


def test_a_text_is_looked_for_in_a_json_list(lane: Lane) -> None:
    item = put_up(lane, shaped_by=["dana@x.example"])
    assert shaped().rows(who="dana@x.example") == [item]
    assert shaped().rows(who="dana@x") == []


def test_each_run_is_in_the_tenant_of_its_scope(lane: Lane) -> None:
    item, end = put_up(lane), clock.now() + timedelta(days=9)
    assert due("draft").rows(by=end) == [item]
    with tenant_scope(lane.world.quill.tenant.pk):
        assert due("draft").rows(by=end) == []
    assert due("draft").rows(by=end) == [item]


@pytest.mark.django_db
def test_a_run_without_a_scope_is_an_error() -> None:
    with tenant_scope(make_world().harbor.tenant.pk):
        query = due("draft")
    with pytest.raises(ScopeMissing):
        query.rows(by=clock.now())


def test_what_nothing_can_meet_asks_nothing(lane: Lane) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert nothing().rows() == []
    assert len(asked) == 0


def test_a_missing_value_is_an_error_and_a_further_one_is_left_out(lane: Lane) -> None:
    with pytest.raises(TypeError, match=r"missing: \['by'\]"):
        due("draft").rows(to=clock.now())
    assert due("draft").rows(by=clock.now(), to=clock.now()) == []


def test_a_time_that_would_stay_is_refused() -> None:
    with pytest.raises(TypeError, match="Give a time"):
        CompiledSql("SELECT %s", [clock.now()])


def test_after_a_build_managers_filter_by_the_tenant_of_the_scope_again(lane: Lane) -> None:
    due("recommendation")
    assert str(lane.client.tenant.pk) in str(ReviewItem.objects.all().query)
