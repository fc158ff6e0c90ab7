"""A queue with items of several customers and workflows, and what a page of it says."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from approvals.models import ReviewItem
from approvals.review.services import Ask, open_item
from tenants import clock
from tenants.scope import tenant_scope
from tests.portal.review_kit import a_run
from tests.world import Client
from workflows.models import Workflow


def wait(
    client: Client, *named: tuple[str, Workflow, datetime], kind: str = "draft"
) -> list[ReviewItem]:
    """Let an item wait for each: who asked, in which workflow, due when."""
    run = a_run(client)
    before = len(named)
    with tenant_scope(client.tenant.pk):
        before = ReviewItem.objects.count()
        return [
            open_item(
                Ask(
                    workflow_id=workflow.pk,
                    workflow_name=workflow.title,
                    version=1,
                    run_id=run.pk,
                    step=f"reply_{before + n}",
                    kind=kind,
                    title=f"Item {before + n}",
                    asked_by=customer,
                    due_at=due,
                    draft={"text": "Hello."},
                )
            )
            for n, (customer, workflow, due) in enumerate(named)
        ]


def due(**later: Any) -> datetime:
    """So much later than now."""
    return clock.now() + timedelta(**later)


def titles(page: str) -> list[str]:
    """The titles in the list of a page, in order."""
    found = re.findall(r'class="queue-line".*?<strong>(.*?)</strong>', page, re.DOTALL)
    return [unescape(one) for one in found]


def headings(page: str) -> list[str]:
    """The headings in the list of a page, in order, as they are read."""
    found = re.findall(r'<h2 class="queue-group"[^>]*>(.*?)</h2>', page, re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", " ", one).split())) for one in found]


def tab_counts(page: str) -> dict[str, str]:
    """What each tab says after its label."""
    tabs = re.search(r'<ul class="tabs".*?</ul>', page, re.DOTALL)
    assert tabs is not None
    said = re.findall(r"<a [^>]*>([^<\d]+?) ?([\d+]*)</a>", tabs[0])
    return dict(said)


def waiting(page: str) -> str:
    """The number beside the title of the queue."""
    found = re.search(r"(\d+\+?) waiting", page)
    assert found is not None
    return found[1]


def in_sidebar(page: str) -> str:
    """The number beside "Review" in the sidebar; nothing where there is none."""
    nav = re.search(r'<nav id="nav".*?</nav>', page, re.DOTALL)
    assert nav is not None
    found = re.search(r"Review ?<span class=\"count\">([\d+]+)", nav[0])
    return found[1] if found else ""
