"""``manage.py drill``: a table or JSON, and an exit code for scripts."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tenants.scope import tenant_scope
from tests.workflows.definition_kit import REPLY, SEND, definition
from tests.world import World, make_world
from workflows.drill.selectors import last_drill
from workflows.drill.services import start_drill
from workflows.engine.calls import fallbacks
from workflows.models import Drill
from workflows.services.definitions import make_workflow, pause, publish

pytestmark = pytest.mark.django_db
WORKFLOW = ("harbor-pine", "refund-replies")
DECLARED = REPLY.replace(
    "    needs: [facts]\n",
    '    needs: [facts]\n    on_failure: [{value: {text: "Later."}}]\n',
)


@pytest.fixture
def world() -> World:
    return make_world()


def drill(*args: str) -> str:
    said = io.StringIO()
    call_command("drill", *args, stdout=said)
    return said.getvalue()


def failing(*args: str, code: int) -> str:
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("drill", *args, stdout=said)
    assert ended.value.code == code
    return said.getvalue()


def refused(*args: str) -> str:
    with pytest.raises(CommandError) as error:
        drill(*args)
    assert error.value.returncode == 2
    return str(error.value)


def test_it_prints_a_table_and_ends_well(world: World) -> None:
    said = drill(*WORKFLOW)
    lines = said.splitlines()
    assert lines[0] == "Refund replies, version 1"
    assert lines[2].split("  ")[0] == "Step"
    assert all(len(line) <= 180 for line in lines)
    assert lines[-1] == "No fallbacks are declared."
    assert "nothing declared" in said


def test_a_fallback_that_does_not_happen_makes_it_fail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        make_workflow(
            text=definition(DECLARED),
            owner=world.harbor.owner,
            actor=world.staff(world.harbor),
        )
    assert "4 of 4" in drill("harbor-pine", "other")
    monkeypatch.setattr(fallbacks, "use_next", lambda *args, **more: (False, None))
    assert "not as declared" in failing("harbor-pine", "other", code=1)


def test_json_has_the_same(world: World) -> None:
    found: dict[str, Any] = json.loads(drill(*WORKFLOW, "--json"))
    assert (found["version"], found["passed"], found["shown"], found["declared"]) == (1, True, 0, 0)
    assert {row["step"] for row in found["rows"]} == {"reply", "refund", "send"}


def test_another_version_can_be_named(world: World) -> None:
    workflow = world.harbor.workflow
    with tenant_scope(world.harbor.tenant.pk):
        text = definition(DECLARED + SEND, slug="refund-replies")
        publish(workflow, text=text, actor=world.staff(world.harbor))
    assert "version 2" in drill(*WORKFLOW)
    assert "version 1" in drill(*WORKFLOW, "--version", "1")


def test_wrong_arguments_are_told_apart(world: World) -> None:
    assert refused("nobody", "refund-replies") == "There is no client called nobody."
    assert "no such workflow" in refused("harbor-pine", "nothing")
    assert "no such version" in refused(*WORKFLOW, "--version", "7")
    with tenant_scope(world.harbor.tenant.pk):
        pause(world.harbor.workflow, actor=world.harbor.actor())
    assert "is paused" in refused(*WORKFLOW)


def test_a_drill_that_is_under_way_is_carried_on(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        begun = start_drill(world.harbor.workflow, actor=world.staff(world.harbor))
    drill(*WORKFLOW)
    with tenant_scope(world.harbor.tenant.pk):
        assert last_drill(world.harbor.workflow) == begun
        assert Drill.objects.count() == 1
