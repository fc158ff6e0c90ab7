"""Staff add a server, look through what it offers, and turn on what they declared."""

from collections.abc import Iterator

import pytest

from approvals.models import Tool
from audit import outbox
from portal.tools.effect_form import form_prefix
from tenants.scope import tenant_scope
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, tool
from tests.portal.visiting import Visitor, text, visit
from tests.world import World, make_world
from workflows.models import McpServer

pytestmark = pytest.mark.django_db
LIST, ADD, PAGE = "tool-servers/", "add-tool-server/", "tool-servers/desk/"


@pytest.fixture
def fake() -> Iterator[McpFake]:
    with McpFake() as opened:
        allow(opened.host)
        opened.tools = {
            "look": tool("look", annotations={"readOnlyHint": True}),
            "refund": tool("refund", description="Gives\u202emoney."),
        }
        opened.instructions = "Be <b>kind</b>."
        yield opened


@pytest.fixture
def world(fake: McpFake) -> World:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        hosts = [*made.harbor.tenant.allowed_hosts, fake.host]
        change_tenant(made.harbor.tenant, actor=made.staff(made.harbor), allowed_hosts=hosts)
    return made


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def drain(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()


def server(world: World) -> McpServer:
    with tenant_scope(world.harbor.tenant.pk):
        return McpServer.objects.get()


def declared(seen: str, **more: str) -> dict[str, str]:
    given = {"name": "desk.look", "title": "Look", "effect": "read", "undo_args": "{}"} | more
    fields = {f"{form_prefix('look')}-{name}": value for name, value in given.items()}
    return {"step": "save", "tool": "look", "seen": seen} | fields


def test_a_server_is_added_looked_through_and_a_tool_turned_on(
    world: World, operator: Visitor, fake: McpFake
) -> None:
    assert "No servers yet" in text(operator.get(LIST))
    answer = operator.post(ADD, name="desk", title="The desk", address=fake.url)
    assert (answer.status_code, answer["Location"]) == (302, "/t/harbor-pine/tool-servers/desk/")
    assert "It is being asked." in text(operator.get(PAGE))
    drain(world)
    page = text(operator.get(PAGE))
    assert page.count('type="checkbox"') == 2
    assert "checked" not in page
    assert "Be &lt;b&gt;kind&lt;/b&gt;." in page
    assert "⟦U+202E⟧" in page
    assert "It claims that it only reads. You say what it does." in page
    page = text(operator.post(PAGE, step="declare", tool="look"))
    assert 'value="desk.look"' in page
    assert "Its arguments: order." in page
    assert '<option value="" selected>Choose what it does</option>' in page
    seen = server(world).seen_pin
    answer = operator.post(PAGE, **declared(seen))
    assert answer.status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        made = Tool.objects.get(adapter="mcp")
    assert (made.name, made.effect, made.enabled) == ("desk.look", "read", True)
    assert "1 tool is on as declared." in text(operator.get(PAGE))
    assert "/t/harbor-pine/tool-servers/desk/" in text(operator.get("tools/"))


def test_what_changed_is_shown_word_by_word(world: World, operator: Visitor, fake: McpFake) -> None:
    """G6"""
    operator.post(ADD, name="desk", title="The desk", address=fake.url)
    drain(world)
    old = server(world).seen_pin
    operator.post(PAGE, **declared(old))
    fake.tools["look"]["description"] = "Does everything."
    fake.tools["new"] = tool("new")
    operator.post(f"{PAGE}look/")
    drain(world)
    page = text(operator.get(PAGE))
    assert "It offers something else than when you chose." in page
    assert "Not as it was turned on: its description" in page
    assert "<del" in page
    assert "<ins" in page
    assert "changed, so off" in page
    assert ">new</span>" in page
    assert "offers something else now" in text(operator.get(LIST))
    answer = operator.post(PAGE, **declared(old))
    assert answer.status_code == 400
    assert "has changed while you looked" in text(answer)
    assert operator.post(PAGE, **declared(server(world).seen_pin)).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert Tool.objects.get(adapter="mcp").enabled


def test_nothing_is_taken_for_granted(world: World, operator: Visitor, fake: McpFake) -> None:
    operator.post(ADD, name="desk", title="The desk", address=fake.url)
    drain(world)
    seen = server(world).seen_pin
    for more in ({"effect": ""}, {"effect": "write"}, {"name": "A b"}):
        answer = operator.post(PAGE, **declared(seen, **more))
        assert answer.status_code == 400
        assert "Nothing was saved" in text(answer)
    assert operator.post(PAGE, step="declare").status_code == 400
    assert operator.post(PAGE, step="declare", tool="no such").status_code == 400


def test_a_server_that_can_not_be_called_is_not_added(operator: Visitor) -> None:
    answer = operator.post(ADD, name="desk", title="X", address="http://169.254.169.254/mcp")
    assert answer.status_code == 400
    assert "not among this client" in text(answer)
    assert operator.post(ADD, name="desk", title="X", command="sh").status_code == 400


def test_a_server_is_changed_and_moved(world: World, operator: Visitor, fake: McpFake) -> None:
    operator.post(ADD, name="desk", title="The desk", address=fake.url)
    drain(world)
    operator.post(PAGE, **declared(server(world).seen_pin))
    answer = operator.post(f"{PAGE}change/", title="Desk", address=f"{fake.url}?b")
    assert answer.status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert not Tool.objects.get(adapter="mcp").enabled
    answer = operator.post(f"{PAGE}change/", title="Desk", address="ftp://x")
    assert answer.status_code == 400
    assert "Write the whole address" in text(answer)


def test_only_those_who_configure_see_servers(world: World) -> None:
    viewer = visit(world.harbor.viewer, world.harbor)
    assert viewer.get(LIST).status_code == 403
    assert viewer.get(ADD).status_code == 403
