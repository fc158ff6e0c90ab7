"""Secrets go only to tools of their environment and scope, whichever of the two is saved last."""

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.gate.tool_secrets import declare_secret, named_secrets
from approvals.gate.tools import add_tool, change_tool
from approvals.models import Tool
from tenants.actors import Actor
from tenants.errors import Forbidden, Invalid
from tenants.models import Secret
from tenants.scope import tenant_scope
from tenants.services.keys import reveal_secret, set_secret
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
SETTINGS = {"url": "https://shop.example/x", "headers": {"X-Key": "secret:shop-key"}}


@pytest.fixture
def world() -> Iterator[World]:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        yield made


@pytest.fixture
def staff(world: World) -> Actor:
    return world.staff(world.harbor)


def declare(staff: Actor, environment: str = "", scope: str = "") -> Secret:
    return declare_secret(
        name="shop-key", value="sesame", environment=environment, scope=scope, actor=staff
    )


def add(staff: Actor, effect: str = "read", **more: Any) -> Tool:
    kind = "edit" if effect == "write" else None
    made = {"title": "Shop", "adapter": "http", "args_schema": {"type": "object"}, "kind": kind}
    return add_tool(name="shop.call", effect=effect, settings=SETTINGS, actor=staff, **made | more)


@pytest.mark.parametrize(
    ("environment", "scope", "effect", "is_test", "problem"),
    [
        ("", "", "read", False, ""),
        ("", "", "write", True, ""),
        ("live", "", "write", False, ""),
        ("live", "", "write", True, "is for live use, and Shop acts in a test environment"),
        ("test", "", "read", True, ""),
        ("test", "", "read", False, "is for test use, and Shop acts for real"),
        ("", "read", "read", False, ""),
        ("", "read", "write", False, "only reads, and Shop does more"),
        ("", "write", "write", False, ""),
        ("", "write", "read", False, "may change things, and Shop only reads"),
    ],
)
def test_a_tool_gets_only_a_secret_that_is_for_it(
    staff: Actor, environment: str, scope: str, effect: str, is_test: bool, problem: str
) -> None:
    declare(staff, environment, scope)
    if not problem:
        add(staff, effect, is_test=is_test)
    else:
        with pytest.raises(Invalid, match=problem):
            add(staff, effect, is_test=is_test)
        assert not Tool.objects.filter(name="shop.call").exists()
    Tool.objects.filter(name="shop.call").delete()
    Secret.objects.all().delete()
    add(staff, effect, is_test=is_test)
    if not problem:
        declare(staff, environment, scope)
    else:
        with pytest.raises(Invalid, match="Give that tool another secret first"):
            declare(staff, environment, scope)
        assert not Secret.objects.exists()


def test_a_tool_that_changes_sides_is_refused(staff: Actor) -> None:
    declare(staff, "live", "read")
    tool = add(staff)
    with pytest.raises(Invalid, match="test environment"):
        change_tool(tool, actor=staff, is_test=True)
    with pytest.raises(Invalid, match="does more"):
        change_tool(Tool.objects.get(pk=tool.pk), actor=staff, effect="write", kind="edit")
    assert (Tool.objects.get(pk=tool.pk).effect, tool.version) == ("read", 1)


def test_a_new_text_keeps_what_the_secret_is_for(staff: Actor) -> None:
    declare(staff, "live", "read")
    secret = set_secret(name="shop-key", value="other", actor=staff)
    secret.refresh_from_db()
    assert (secret.environment, secret.scope) == ("live", "read")


def test_only_who_configures_declares_one(world: World) -> None:
    with pytest.raises(Forbidden):
        declare(world.harbor.actor())


def test_the_day_of_its_last_use_is_kept(staff: Actor, django_assert_num_queries: Any) -> None:
    declare(staff)
    assert Secret.objects.get().used_on is None
    assert reveal_secret("shop-key") == "sesame"
    assert Secret.objects.get().used_on is not None
    with django_assert_num_queries(1):
        reveal_secret("shop-key")


def test_secrets_are_found_however_deep() -> None:
    deep = {"a": ["secret:one", {"b": "secret:two"}], "c": "no secret:", "d": 5, "e": None}
    assert sorted(named_secrets(deep)) == ["one", "two"]
    places = [{"place": {"secret": "three"}}, {"secret": "secret:four"}, {"secret": ""}]
    assert sorted(named_secrets(places)) == ["four", "three"]
