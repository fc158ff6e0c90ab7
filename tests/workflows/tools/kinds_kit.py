"""One write of each kind of tool, with the other side that it changes, and its undo where one is.

``SIDES`` has an entry for each adapter of ``workflows.tools``: a kind without one fails the tests.
"""

import base64
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from approvals.gate.tools import add_tool
from audit import outbox
from tenants.services.keys import set_secret
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from tests.fakes.mcp import McpFake, Reply, tool
from tests.fakes.model import ModelServer
from tests.fakes.pages import PageServer
from tests.fakes.said import Called
from tests.fakes.sink import HttpSink
from tests.lanes import Lane
from tests.workflows.browser.page_kit import page
from tests.workflows.engine.agent_kit import agent_text, calling, says
from tests.workflows.openapi.shop_document import operations_of, shop_document
from tests.workflows.sql.shop_database import PASSWORD, postgres_shop
from workflows import tools
from workflows.mcp.servers import add_server, offer_seen
from workflows.mcp.turning_on import OfferDeclaration, turn_on_tools
from workflows.models import McpServer
from workflows.openapi.imports import ApiAccess, ToolDeclaration, save_tools
from workflows.tools import ToolInDoubt, ToolRequest
from workflows.triggers.mail.mailboxes import add_mailbox

DO, UNDO = "it.do", "it.undo"
ORDER = "A-17"
TEXT = {"type": "string"}
OF_ORDER = {"type": "object", "required": ["order"], "properties": {"order": TEXT}}
GIVEN = {"order": f"'{ORDER}'"}
WORKFLOW = """
workflow: kinds
rung: execute_with_approval
brief: {{why: One action of a kind.}}
steps:
  - name: do
    act: {{tool: it.do, args: {args}}}
"""


@dataclass
class Making:
    """What a kind needs to be set up."""

    lane: Lane
    stack: ExitStack
    settings: Any
    patch: pytest.MonkeyPatch

    @property
    def staff(self) -> Any:
        return self.lane.world.staff(self.lane.client)

    def allow(self, host: str) -> None:
        allow(host)
        hosts = [*self.lane.tenant().allowed_hosts, host]
        change_tenant(self.lane.tenant(), actor=self.staff, allowed_hosts=hosts)

    def add(self, name: str, adapter: str, **declared: Any) -> None:
        kind = "edit" if name == UNDO else "send"
        given = {"title": name, "effect": "write", "kind": kind, "args_schema": OF_ORDER}
        add_tool(name=name, adapter=adapter, actor=self.staff, **(given | declared))


@dataclass
class Side:
    """The other side. ``state`` is what is there, ``acted`` how often it was changed by the do.

    ``lose_answer``: from now on it acts and its answers are lost, until ``mend``.
    """

    state: Callable[[], Any]
    acted: Callable[[], int]
    lose_answer: Callable[[], None]
    mend: Callable[[], None]
    args: dict[str, str] = field(default_factory=lambda: dict(GIVEN))
    takes_key: bool = False
    text: str = ""

    @property
    def workflow(self) -> str:
        """The definition of a workflow of this one action."""
        args = ", ".join(f'{name}: "{said}"' for name, said in self.args.items())
        return self.text or WORKFLOW.format(args=f"{{{args}}}")


def _of_sink(
    sink: HttpSink, is_do: Callable[[dict[str, Any]], bool], *, header: str = "", **more: Any
) -> Side:
    """A side that acts once a key, which is in a header of that name, else where all have it."""

    def effects() -> list[dict[str, Any]]:
        if not header:
            return sink.effects
        return list({one["headers"][header]: one for one in sink.effects}.values())

    def state() -> list[str]:
        there = 0
        for one in effects():
            there += 1 if is_do(one) else -1
        return [ORDER] * there

    status = sink.status
    return Side(
        state,
        lambda: sum(map(is_do, effects())),
        lambda: setattr(sink, "status", None),
        lambda: setattr(sink, "status", status),
        **({"takes_key": True} | more),
    )


def _http(making: Making) -> Side:
    shop = making.lane.shop
    making.add(UNDO, "http", settings={"url": f"{shop.url}/undo"}, takes_key=True)
    making.add(
        DO,
        "http",
        settings={"url": f"{shop.url}/do"},
        takes_key=True,
        undo_tool=UNDO,
        undo_args={"order": "args.order"},
    )
    return _of_sink(shop, lambda one: one["path"] == "/do")


def _openapi(making: Making) -> Side:
    shop = making.lane.shop
    making.allow(shop.host)
    found = operations_of(shop_document(f"{shop.url}/v1"))
    refund = found["POST /orders/{order}/refunds"]
    cancel = found["DELETE /refunds/{id}"]
    shop.body = {"id": "r1"}
    shop.status = lambda request: {"POST": 201, "DELETE": 204}.get(request["method"], 200)
    undo = {"undo": cancel.key, "undo_args": {"id": "result.body.id"}}
    header = refund.idempotency_header
    save_tools(
        [
            ToolDeclaration(refund, DO, "Do", "write", "send", idempotency_header=header, **undo),
            ToolDeclaration(cancel, UNDO, "Undo", "write", "edit"),
        ],
        ApiAccess("api"),
        actor=making.staff,
    )
    args = {"path_order": f"'{ORDER}'", "amount": "48"}
    return _of_sink(shop, lambda one: one["method"] == "POST", args=args)


def _webhook(making: Making) -> Side:
    shop = making.lane.shop
    secret = "whsec_" + base64.b64encode(b"a-new-secret-of-32-bytes-length!").decode()
    set_secret(name="hook", value=secret, actor=making.staff)
    given = {"url": f"{shop.url}/hook", "secrets": ["secret:hook"]}
    making.add(UNDO, "webhook", settings=given | {"type": "order.reopened"}, takes_key=True)
    making.add(
        DO,
        "webhook",
        settings=given | {"type": "order.settled"},
        takes_key=True,
        undo_tool=UNDO,
        undo_args={"order": "args.order"},
    )
    # Whoever receives webhooks acts once an id: https://www.standardwebhooks.com
    return _of_sink(shop, _is_settled, header="webhook-id")


def _is_settled(one: dict[str, Any]) -> bool:
    return bool(one["body"]["type"] == "order.settled")


def _chat(making: Making) -> Side:
    crew = making.stack.enter_context(HttpSink())
    allow(crew.host)
    making.settings.CHAT_HOSTS = [crew.host]
    set_secret(name="crew", value=f"json://{crew.host}/hook/t0ken", actor=making.staff)
    making.add(
        DO,
        "chat",
        settings={"address": "secret:crew"},
        args_schema={
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string", "maxLength": 2000}},
        },
    )
    return _of_sink(crew, lambda one: True, args={"text": f"'{ORDER}'"}, takes_key=False)


def _mcp(making: Making) -> Side:
    fake = making.stack.enter_context(McpFake())
    making.allow(fake.host)
    fake.tools = {"book": tool("book"), "unbook": tool("unbook")}
    there: list[str] = []
    is_lost: list[bool] = []

    def called(message: dict[str, Any], request: dict[str, Any]) -> Reply | dict[str, Any]:
        given = message["params"]
        if given["name"] == "book":
            there.append(given["arguments"]["order"])
        else:
            there.remove(given["arguments"]["order"])
        if is_lost:
            return Reply(drop=True)
        return {"content": [{"type": "text", "text": "Done."}]}

    fake.bend["tools/call"] = called
    server = add_server(name="desk", address=fake.url, actor=making.staff)
    outbox.drain()
    server = McpServer.objects.get(pk=server.pk)
    book, unbook = offer_seen(server).tools
    undo: dict[str, Any] = {"undo": "unbook", "undo_args": {"order": "args.order"}}
    declared = [
        OfferDeclaration(unbook, UNDO, "Undo", "write", "edit"),
        OfferDeclaration(book, DO, "Do", "write", "send", **undo),
    ]
    turn_on_tools(server, declared, server.seen_pin, actor=making.staff)
    return Side(
        lambda: list(there),
        lambda: sum(one["name"] == "book" for one in fake.calls),
        lambda: is_lost.append(True),
        is_lost.clear,
    )


def _sql(making: Making) -> Side:
    shop = making.stack.enter_context(postgres_shop())
    making.allow(shop.host)
    set_secret(name="shop-db", value=PASSWORD, actor=making.staff)
    back = "DELETE FROM refunds WHERE number = %(order)s"
    put = "INSERT INTO refunds VALUES (gen_random_uuid()::text, %(order)s, 1)"
    making.add(UNDO, "sql", settings={"database": shop.database, "statement": back})
    making.add(
        DO,
        "sql",
        settings={"database": shop.database, "statement": put},
        undo_tool=UNDO,
        undo_args={"order": "args.order"},
    )
    adapter = tools.adapters()["sql"]
    carry_out = adapter.carry_out

    async def lost(request: ToolRequest) -> dict[str, Any]:
        await carry_out(request)
        raise ToolInDoubt("The connection broke off after the statement.")

    return Side(
        lambda: shop.rows("SELECT number, value FROM refunds"),
        lambda: len(shop.rows("SELECT id FROM refunds")),
        # No database can be made to lose its answer and nothing else.
        lambda: making.patch.setattr(adapter, "carry_out", lost),
        lambda: making.patch.setattr(adapter, "carry_out", carry_out),
    )


def _browser(making: Making) -> Side:
    there: list[str] = []
    acted: list[str] = []
    is_lost: list[bool] = []
    form = (
        "<form method=post action=/{0}><label>Order <input name=order></label>"
        "<button>{0}</button></form>"
    )

    def booked(handler: BaseHTTPRequestHandler) -> None:
        there.append(ORDER)
        acted.append(ORDER)
        if is_lost:
            handler.close_connection = True
            return
        handler.answer(page("<p>It is booked.</p>"))  # type: ignore[attr-defined]

    def taken_back(handler: BaseHTTPRequestHandler) -> None:
        there.remove(ORDER)
        handler.answer(page("<p>It is taken back.</p>"))  # type: ignore[attr-defined]

    pages = {
        "/": page(form.format("book")),
        "/off": page(form.format("back")),
        "/book": booked,
        "/back": taken_back,
    }
    site = making.stack.enter_context(PageServer(pages))
    making.allow(site.host)

    def worked(start: str, button: str, shows: str) -> dict[str, Any]:
        steps = [{"fill": "Order", "argument": "order"}, {"submit": button, "shows": shows}]
        return {"start": f"{site.url}{start}", "steps": steps}

    schema = OF_ORDER | {"properties": {"order": {"type": "string", "maxLength": 100}}}
    making.add(
        UNDO, "browser", settings=worked("/off", "back", "It is taken back."), args_schema=schema
    )
    making.add(
        DO,
        "browser",
        settings=worked("/", "book", "It is booked."),
        args_schema=schema,
        undo_tool=UNDO,
        undo_args={"order": "args.order"},
    )
    return Side(
        lambda: list(there), lambda: len(acted), lambda: is_lost.append(True), is_lost.clear
    )


LETTER = {"to": "'mia@customers.example'", "subject": "'Your lamp'", "body": "'On its way.'"}
OF_LETTER = {
    "type": "object",
    "required": list(LETTER),
    "properties": dict.fromkeys(LETTER, TEXT),
}


def _mail(making: Making) -> Side:
    post = making.lane.post
    making.add(DO, "mail", args_schema=OF_LETTER)
    return Side(
        lambda: len(post.messages),
        lambda: len(post.messages),
        lambda: setattr(post, "answer", None),
        lambda: setattr(post, "answer", "250 OK"),
        args=LETTER,
    )


def _mail_draft(making: Making) -> Side:
    box = making.stack.enter_context(ImapBox())
    box.folder = "Drafts"
    box.put(b"Message-ID: <of-a-person@x.example>\r\n\r\nHi")
    making.allow(f"127.0.0.1:{box.port}")
    add_mailbox(
        name="support",
        actor=making.staff,
        address="support@harbor-pine.example",
        host="127.0.0.1",
        port=box.port,
        security="none",
        username=box.user,
        password=box.password,
    )
    saves = {"mailbox": "support", "folder": "Drafts"}
    of_id = {"type": "object", "required": ["message_id"], "properties": {"message_id": TEXT}}
    making.add(UNDO, "mail_draft", settings=saves | {"does": "remove"}, args_schema=of_id)
    making.add(
        DO,
        "mail_draft",
        settings=saves,
        args_schema=OF_LETTER,
        takes_key=True,
        undo_tool=UNDO,
        undo_args={"message_id": "result.message_id"},
    )
    return Side(
        lambda: [(one.raw, one.flags) for one in box.mails],
        lambda: box.asked("APPEND"),
        lambda: box.fault.update(APPENDED="drop"),
        box.fault.clear,
        args=LETTER,
        takes_key=True,
    )


def _agent(making: Making) -> Side:
    """The HTTP tool, which an agent's model chooses by itself."""
    model = making.stack.enter_context(ModelServer())
    making.stack.enter_context(model.in_environment())
    says(model, calling(Called(DO, {"order": ORDER}), text="I book it."))
    listed = "[orders.find, shop.refund, mail.send]"
    text = agent_text(slug="agent-kind").replace(listed, f"[{DO}]")
    return replace(_http(making), text=text)


AGENT = "agent"  # no adapter, but another way to a call
SIDES: dict[str, Callable[[Making], Side]] = {
    AGENT: _agent,
    "http": _http,
    "openapi": _openapi,
    "mcp": _mcp,
    "sql": _sql,
    "browser": _browser,
    "mail": _mail,
    "mail_draft": _mail_draft,
    "chat": _chat,
    "webhook": _webhook,
}
# What was sent to a person can't be taken back, and no tool of ours claims it.
NO_UNDO = {"mail", "chat"}
