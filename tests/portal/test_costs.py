"""Each page stays within its statements and its work: a slower page is seen when it is written.

A page that needs more says so here, with its reason in the commit.
"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from portal.review.queue.saved_filters import save_filter
from tenants.scope import tenant_scope
from tests.instructions import instructions, same_python
from tests.portal.review_kit import a_run, ask, draft
from tests.world import World, make_world

pytestmark = [pytest.mark.django_db, same_python]

ROWS = 12  # items that wait
SLACK = 1.1
HTMX = {"HX-Request": "true"}

# Each page: its statements, BEGIN and the like left out, and its thousands of instructions.
COSTS: dict[str, tuple[int, int]] = {
    "exceptions/": (11, 171),
    "item": (16, 530),
    "item, htmx": (11, 273),
    "looks/": (10, 186),
    "notices/": (11, 284),
    "people/": (15, 490),
    "policies/": (14, 807),
    "quality/": (13, 291),
    "record/": (13, 498),
    "reports/": (10, 115),
    "review/": (14, 517),
    "run": (21, 540),
    "sign in": (1, 107),
    "sources/": (12, 273),
    "sources/returns-policy/": (18, 659),
    "stop/": (12, 177),
    "workflows/": (12, 199),
    "workflows/refund-replies/": (19, 530),
}


@pytest.fixture
def world() -> World:
    """A client with items that wait, saved filters, and runs."""
    world = make_world()
    client = world.harbor
    for number in range(ROWS):
        ask(client, order_id=("10412", "10413")[number % 2])
    draft(client)
    with tenant_scope(client.tenant.pk):
        for number in range(3):
            given = {"who": "team", "kind": "drafts"}
            save_filter(name=f"Filter {number}", state=given, actor=client.actor())
    return world


def pages(world: World) -> dict[str, tuple[str, dict[str, str]]]:
    """Each page's path and headers."""
    client = world.harbor
    item, run = ask(client), a_run(client)
    inside = f"/t/{client.tenant.slug}/"
    named = ("review/", "exceptions/", "workflows/", "sources/", "sources/returns-policy/")
    named += ("reports/", "record/", "people/", "policies/", "notices/", "looks/", "quality/")
    found = {path: (inside + path, {}) for path in (*named, "stop/", "workflows/refund-replies/")}
    return found | {
        "sign in": ("/accounts/login/", {}),
        "item": (f"{inside}review/{item.pk}/", {}),
        "item, htmx": (f"{inside}review/{item.pk}/", HTMX),
        "run": (f"{inside}runs/{run.pk}/", {}),
    }


def test_each_page_stays_within_its_statements_and_its_work(world: World) -> None:
    found = {}
    for name, (path, headers) in pages(world).items():
        browser = Browser()
        if name != "sign in":
            browser.force_login(
                world.harbor.owner, backend="django.contrib.auth.backends.ModelBackend"
            )

        def visit(browser: Browser = browser, path: str = path, given: Any = headers) -> None:
            response = browser.get(path, headers=given)
            assert response.status_code == 200, (path, response.status_code)

        for _ in range(3):  # templates, compiled queries, prepared statements
            visit()
        with CaptureQueriesContext(connection) as asked:
            visit()
        statements = sum("SAVEPOINT" not in one["sql"] for one in asked.captured_queries)
        found[name] = (statements, round(instructions(visit) / 1000))
    over = {
        name: f"{cost} where {COSTS.get(name)} was said"
        for name, cost in found.items()
        if name not in COSTS or cost[0] > COSTS[name][0] or cost[1] > COSTS[name][1] * SLACK
    }
    assert over == {}, found
