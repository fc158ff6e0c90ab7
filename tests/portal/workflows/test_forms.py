"""The form that starts a run by hand."""

from typing import Any

import pytest

from tenants.scope import tenant_scope
from tests.portal.review_kit import inside
from tests.portal.visiting import text, visit
from tests.world import World, make_world
from workflows.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_run_started_by_hand_twice_with_one_form_is_one_run(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    page = owner.get("workflows/refund-replies/").content.decode()
    for name in ("Message", "Order id", "Subject", "From"):
        assert f">{name}</label>" in page
    form = {"key": "one", "json": '{"message": "Broken lamp", "order_id": "10412"}'}
    first, second = (owner.post("workflows/refund-replies/start/", **form) for _ in range(2))
    assert first.status_code == 302
    assert first["Location"] == second["Location"]
    with tenant_scope(world.harbor.tenant.pk):
        assert [r.input["message"] for r in Run.objects.all()] == ["Broken lamp"]


def test_a_request_that_is_no_json_object_is_asked_for_again(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post("workflows/refund-replies/start/", key="k", json="[1, 2]")
    assert answer.status_code == 400
    assert "A request is a JSON object" in text(answer)


def requests_of(world: World) -> list[Any]:
    with tenant_scope(world.harbor.tenant.pk):
        return list(Run.objects.values_list("input", flat=True))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a": ' * 20_000,
        '{"a": ' + "9" * 5000 + "}",
        '{"a": 1, "a": 2}',
        '{"a": 1.5}',
        '{"a": 1e400}',
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        '{"a": "\\u0000"}',
        '{"a": 9007199254740993}',
        '{"' + "k" * 70_000 + '": 1}',
        "[]",
        '"x"',
        "nonsense",
    ],
    ids=lambda text: text[:20],
)
def test_a_run_is_not_started_by_hand_from_odd_json(world: World, text: str) -> None:
    """W4, X4"""
    who = inside(world.harbor)
    answer = who.post("/workflows/refund-replies/start/", {"key": "k1", "json": text})
    assert answer.status_code == 400
    assert requests_of(world) == []


def test_a_run_is_started_by_hand_from_json(world: World) -> None:
    who = inside(world.harbor)
    given = {"key": "k1", "json": ' {"message": "e\u0301", "a": {"n": 1}} '}
    assert who.post("/workflows/refund-replies/start/", given).status_code == 302
    assert requests_of(world) == [{"a": {"n": 1}, "message": "é"}]
