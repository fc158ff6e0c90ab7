"""Instances are made from rows that came as JSON, as Django would read them."""

import json
from typing import Any

import pytest
from django.db import connection, models

from tenants.db import hydrate
from tenants.db.hydrate import all_from_json, from_json
from tests.approvals.put_up import put_up
from tests.lanes import Lane
from workflows.models import Run

pytestmark = pytest.mark.django_db


def row_of(one: models.Model) -> dict[str, Any]:
    """A row as ``to_jsonb`` gives it."""
    sql = f'SELECT to_jsonb(t)::text FROM "{one._meta.db_table}" t WHERE id = %s'
    with connection.cursor() as cursor:
        cursor.execute(sql, [one.pk])
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return found


@pytest.fixture
def row(lane: Lane) -> dict[str, Any]:
    put_up(lane, "A lamp")
    return row_of(Run.objects.latest("id"))


def test_an_instance_from_json_is_the_one_that_django_reads(row: dict[str, Any]) -> None:
    made, read = from_json(Run, row), Run.objects.latest("id")
    assert vars(made).keys() == vars(read).keys()
    for field in Run._meta.concrete_fields:
        assert getattr(made, field.attname) == getattr(read, field.attname), field
    assert (made._state.adding, made._state.db) == (False, "default")
    assert made.get_deferred_fields() == set()


def test_a_column_that_is_missing_is_read_when_it_is_asked_for(row: dict[str, Any]) -> None:
    made = from_json(Run, {name: row[name] for name in ("id", "tenant_id")})
    assert "trigger" in made.get_deferred_fields()
    assert made.trigger == row["trigger"]


def test_a_column_of_a_newer_release_is_left_out(row: dict[str, Any]) -> None:
    made = from_json(Run, row | {"added_later": 1})
    assert "added_later" not in vars(made)
    assert vars(made).keys() == vars(from_json(Run, row)).keys()


def test_instances_of_one_row_share_ids_alone(row: dict[str, Any]) -> None:
    first, second = all_from_json(Run, [row, row])
    assert first.pk is second.pk
    first.status = "cancelled"
    assert second.status == row["status"] != "cancelled"
    assert all_from_json(Run, None) == []


def test_a_model_whose_column_has_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run._meta.get_field("trigger"), "column", "began_by")
    hydrate._columns.cache_clear()
    with pytest.raises(ValueError, match="began_by"):
        from_json(Run, {})
    hydrate._columns.cache_clear()
