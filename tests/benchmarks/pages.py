"""What each page of the portal costs the web: its CPU, its statements, and how long it takes.

One web process of four threads, over HTTP with a session of an owner. First with 100 items that
wait, then with ``--items``. A bare Django page beside them, on the same kind of server, says how
fast the machine is.

uv run python -m tests.benchmarks.pages [--items 100000] [--samples 100]
"""

import argparse
from typing import TYPE_CHECKING, Any

from tests.benchmarks import figures
from tests.benchmarks.api import bare_server
from tests.benchmarks.house import House, open_house
from tests.benchmarks.http_load import Connection, Load, Server, measure
from tests.benchmarks.review_page import FEW, fill, prepare

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

AT_ONCE = 8
HTMX = "HX-Request: true\r\n"
HEAD = ["waiting", "page", "ms of CPU", "p50 ms", "p95 ms", f"p50 ms, {AT_ONCE} at once", "kB"]


def web_server(house: House, bench: "Bench") -> Server:
    """The web, with a session of the client's owner."""
    from django.test import Client as Browser

    browser = Browser(SERVER_NAME="127.0.0.1")
    backend = "django.contrib.auth.backends.ModelBackend"
    browser.force_login(bench.client.owner, backend=backend)
    cookie = browser.cookies["sessionid"].value
    port = int(house.processes.web().rpartition(":")[2])
    return Server("web", house.processes.children[-1], port, f"Cookie: sessionid={cookie}\r\n")


def review_pages(bench: "Bench") -> list[tuple[str, str, str]]:
    """The pages of review: what each is called, its address and its headers."""
    from approvals.models import ReviewItem
    from tenants.scope import tenant_scope

    with tenant_scope(bench.client.tenant.pk):
        waiting = ReviewItem.objects.filter(status="waiting", kind="proposal")
        item = waiting.order_by("due_at", "id")[20]
    base = f"/t/{bench.client.tenant.slug}/review/"
    return [
        ("queue", base, ""),
        ("item and its queue", f"{base}{item.pk}/", ""),
        ("item, htmx", f"{base}{item.pk}/", HTMX),
        ("search", f"{base}?q=mia+10412", ""),
    ]


def other_pages(bench: "Bench") -> list[tuple[str, str, str]]:
    """Every other page of the portal that an owner opens."""
    from tenants.scope import tenant_scope
    from workflows.models import Run

    with tenant_scope(bench.client.tenant.pk):
        run = Run.objects.order_by("id")[0]
    paths = ["exceptions/", "workflows/", "workflows/approval-lane/", f"runs/{run.pk}/"]
    paths += ["sources/", "sources/returns-policy/", "reports/", "record/"]
    paths += ["people/", "policies/", "notices/", "looks/", "quality/", "stop/"]
    base = f"/t/{bench.client.tenant.slug}/"
    return [(path.replace(str(run.pk), "…"), base + path, "") for path in paths]


def visit(server: Server, path: str, headers: str, samples: int) -> tuple[Load, Load, int]:
    """A page alone and AT_ONCE times at once; and its bytes."""
    size = 0

    def ask(connection: Connection) -> None:
        nonlocal size
        size = len(connection.ask("GET", path, headers=headers))

    return measure(server, ask, samples), measure(server, ask, samples * 2, AT_ONCE), size


def rows_of(server: Server, pages: list[Any], waiting: int, samples: int) -> list[list[str]]:
    """The lines of the table for these pages."""
    rows = []
    for name, path, headers in pages:
        alone, together, size = visit(server, path, headers, samples)
        times = (alone.percentile(0.5), alone.percentile(0.95), together.percentile(0.5))
        shown = [f"{number:.1f}" for number in (alone.each, *times)]
        rows.append([f"{waiting:,}", name, *shown, f"{size / 1000:.0f}"])
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--samples", type=int, default=100)
    given = parser.parse_args()
    with figures.watched(), open_house() as house:
        bench, others = prepare(house)
        fill(house, FEW - 1, others)
        bare, web = bare_server(house), web_server(house, bench)
        rows = rows_of(bare, [("a bare Django page", "/page", "")], 0, given.samples)
        rows += rows_of(web, [("sign in", "/accounts/login/", "")], 0, given.samples)
        pages = review_pages(bench)
        rows += rows_of(web, [*pages, *other_pages(bench)], FEW, given.samples)
        fill(house, given.items - FEW, others)
        rows += rows_of(web, pages, given.items, given.samples)
        print(figures.table("Pages", rows, HEAD))


if __name__ == "__main__":
    main()
