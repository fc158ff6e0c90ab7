"""Two people who add tools or have a document read at the same moment: one wins, none breaks."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from approvals.gate.tools import add_tool
from approvals.models import Tool
from tenants.errors import Conflict
from tenants.scope import tenant_scope
from tests.world import World, make_world
from workflows.models import ImportedDocument
from workflows.openapi.fetched import DocumentPlace, fetch_document

pytestmark = pytest.mark.usefixtures("committed")
PEOPLE = 6


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def at_the_same_moment(world: World, act: Callable[[int], object]) -> list[str]:
    """What each of several people got in a transaction of their own: done, or an error's code."""
    together = threading.Barrier(PEOPLE)

    def one(number: int) -> str:
        try:
            with tenant_scope(world.harbor.tenant.pk):
                together.wait(20)
                act(number)
            return "done"
        except Conflict as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PEOPLE) as pool:
        return sorted(pool.map(one, range(PEOPLE)))


def test_a_tool_is_added_once(world: World) -> None:
    staff = world.staff(world.harbor)

    def add(number: int) -> None:
        schema = {"type": "object", "properties": {}}
        add_tool(
            name="log.write",
            title=f"Log {number}",
            adapter="mail",
            effect="write",
            kind="send",
            args_schema=schema,
            actor=staff,
        )

    assert at_the_same_moment(world, add) == ["done"] + ["name_taken"] * (PEOPLE - 1)
    with tenant_scope(world.harbor.tenant.pk):
        assert Tool.objects.filter(name="log.write").count() == 1


def test_a_document_is_kept_once(world: World) -> None:
    staff = world.staff(world.harbor)
    tenant = world.harbor.tenant
    tenant.allowed_hosts = ["api.example"]
    tenant.save(update_fields=["allowed_hosts"])

    def fetch(number: int) -> None:
        fetch_document(DocumentPlace("shop", f"https://api.example/{number}.json"), actor=staff)

    for _ in range(2):  # a new one, and one that is there
        assert at_the_same_moment(world, fetch) == ["done"] * PEOPLE
    with tenant_scope(tenant.pk):
        assert ImportedDocument.objects.get().reading_since is not None
