"""The adapter of SQL statements: what is checked before a call, and a call with its password."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from approvals.gate.tools import add_tool
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import set_secret
from tests.fakes.doors import allow
from tests.fakes.model import ModelServer
from tests.fakes.said import Called
from tests.lanes import Lane, open_lane
from tests.workflows.engine.agent_kit import agent_text, calling, opened, says, told
from tests.workflows.sql.shop_database import PASSWORD, Shop, postgres_shop, sqlite_shop
from tests.workflows.sql.test_statements import POSTGRES
from workflows.tools import ToolFailed, ToolRequest, sql

FIND = "SELECT number, total FROM orders WHERE number = %(order)s"
SETTINGS = {"database": POSTGRES, "statement": FIND}
HOST = "db.shop.example:5432"


@pytest.mark.parametrize(
    ("hosts", "secrets", "args", "said"),
    [
        ([], {"shop-db"}, {"order": "A"}, f"{HOST} is not among this client's allowed"),
        (["db.shop.example"], {"shop-db"}, {"order": "A"}, "not among this client's allowed"),
        ([HOST], set(), {"order": "A"}, "secret shop-db is not kept"),
        ([HOST], {"shop-db"}, {"number": "A"}, "no parameter number"),
        ([HOST], {"shop-db"}, {"order": ["A"]}, "order is one value"),
    ],
)
def test_what_can_not_be_called_is_refused_before_it_is_proposed(
    hosts: list[str], secrets: set[str], args: dict[str, Any], said: str
) -> None:
    tenant = Tenant(slug="harbor-pine", allowed_hosts=hosts)
    with pytest.raises(Invalid, match=said):
        sql.check(SETTINGS, args, tenant, frozenset(secrets))


def test_a_call_that_can_be_made_is_let_through() -> None:
    tenant = Tenant(slug="harbor-pine", allowed_hosts=["DB.shop.example:5432"])
    sql.check(SETTINGS, {"order": "A"}, tenant, frozenset({"shop-db"}))


def test_an_address_inside_is_refused_before_a_call() -> None:
    inside = {"database": POSTGRES | {"host": "10.0.0.5"}, "statement": FIND}
    tenant = Tenant(slug="harbor-pine", allowed_hosts=["10.0.0.5:5432"])
    with pytest.raises(Invalid, match="leads to an address inside"):
        sql.check(inside, {"order": "A"}, tenant, frozenset({"shop-db"}))


def test_a_file_of_another_client_is_refused(settings: Any) -> None:
    settings.SQLITE_FILES = {"harbor-pine/shop": "/data/shop.sqlite"}
    kept = {"database": {"kind": "sqlite", "name": "shop"}, "statement": FIND}
    sql.check(kept, {"order": "A"}, Tenant(slug="harbor-pine"), frozenset())
    with pytest.raises(Invalid, match="no SQLite file"):
        sql.check(kept, {"order": "A"}, Tenant(slug="fernside"), frozenset())


def test_a_broken_statement_is_refused_when_it_is_saved() -> None:
    with pytest.raises(Invalid, match="one statement"):
        sql.check_settings({"database": POSTGRES, "statement": "SELECT 1; SELECT 2"})


def test_sqlite_is_asked_in_a_thread_and_only_as_long_as_the_step_waits(
    settings: Any, tmp_path: Path
) -> None:
    settings.SQLITE_FILES = {"harbor-pine/shop": sqlite_shop(tmp_path)}
    kept = {"database": {"kind": "sqlite", "name": "shop"}, "statement": FIND}
    resolved = sql.resolve(kept, Tenant(slug="harbor-pine"))
    assert send(resolved, {"order": "A-17"}, acts=False) == {
        "rows": [{"number": "A-17", "total": 4820}],
        "more": False,
    }
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n"
    resolved["settings"] = kept | {"statement": endless}
    with pytest.raises(ToolFailed, match="longer than it may"):
        send(resolved, {}, acts=False, timeout=0.05)


def send(settings: dict[str, Any], args: dict[str, Any], **more: Any) -> dict[str, Any]:
    # In a thread: a browser's test may have left a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        request = ToolRequest("sql", settings, args, "the-key", **more)
        return pool.submit(asyncio.run, sql.carry_out(request)).result()


@pytest.fixture
def shop() -> Iterator[Shop]:
    with postgres_shop() as opened_shop:
        allow(opened_shop.host)
        yield opened_shop


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as ready:
        yield ready


def add_tools(lane: Lane, shop: Shop) -> None:
    """A statement that looks up an order, and one that changes its total."""
    staff = lane.world.staff(lane.client)
    tenant = lane.client.tenant
    tenant.allowed_hosts = [*tenant.allowed_hosts, shop.host]
    tenant.save(update_fields=["allowed_hosts"])
    set_secret(name="shop-db", value=PASSWORD, actor=staff)
    text = {"type": "string"}
    money = {"type": "object", "properties": {"value": {"type": "integer"}, "currency": text}}
    add_tool(
        name="shop.order",
        title="Look up an order",
        adapter="sql",
        effect="read",
        args_schema={"type": "object", "properties": {"order": text}},
        settings={"database": shop.database, "statement": FIND},
        actor=staff,
    )
    add_tool(
        name="shop.reprice",
        title="Change a total",
        adapter="sql",
        effect="write",
        kind="reprice",
        args_schema={"type": "object", "properties": {"order": text, "amount": money}},
        settings={
            "database": shop.database,
            "statement": "UPDATE orders SET total = %(amount.value)s WHERE number = %(order)s",
        },
        phrases={"title": "Set the total of {order} to {amount}"},
        actor=staff,
    )


@pytest.mark.django_db
def test_an_agent_reads_rows_and_a_person_approves_a_change(lane: Lane, shop: Shop) -> None:
    add_tools(lane, shop)
    with ModelServer() as model, model.in_environment():
        for ready in opened(lane):
            ready.use(
                agent_text(slug="by-sql").replace(
                    "[orders.find, shop.refund, mail.send]", "[shop.order, shop.reprice]"
                )
            )
            amount = {"value": 1200, "currency": "USD"}
            reprice = Called("shop.reprice", {"order": "A-17", "amount": amount})
            find = Called("shop.order", {"order": "A-17"})
            says(model, calling(find), calling(reprice, text="It costs less."))
            ready.start()
            row = {"number": "A-17", "total": 4820}
            assert json.loads(
                told(model)[0].partition("<result>")[2].partition("</result>")[0]
            ) == {
                "rows": [row],
                "more": False,
            }
            assert shop.rows("SELECT total FROM orders WHERE number = 'A-17'") == [(4820,)]
            assert ready.item().title == "Set the total of A-17 to $12.00"
            ready.decide()
            assert shop.rows("SELECT total FROM orders WHERE number = 'A-17'") == [(1200,)]
            assert ready.run().status == "done"
