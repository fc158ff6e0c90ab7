"""A client with work waiting, and a browser-like client inside its tenant."""

from typing import Any

from django.http import HttpResponse
from django.test import Client as Http

from approvals.models import ReviewItem
from audit import outbox
from tenants.models import User
from tenants.scope import tenant_scope
from tests.markup import Markup
from tests.world import REQUEST, Client
from workflows.models import Run
from workflows.selectors import workflows
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

DRAFTS = """
workflow: help-pages
title: Help pages
rung: draft_only
brief: {why: "Keep the help pages right."}
sources: [returns-policy]
schemas:
  page: {type: object, required: [text], properties: {text: {type: string}}}
steps:
  - name: facts
    retrieve: {query: "{{ input.message }}"}
  - name: page
    needs: [facts]
    generate:
      prompt: "Write the page."
      schema: {$ref: page}
      cite: facts
      template: |
        [[best 1]]
        Most people hear from us the same day.
"""


def ask(client: Client, **changed: str) -> ReviewItem:
    """Run the refund workflow on a request and give the item it puts up."""
    with tenant_scope(client.tenant.pk):
        start_run(client.workflow, input=REQUEST | changed, trigger="mail", actor=client.actor())
        outbox.drain()
        return ReviewItem.objects.order_by("-id")[0]


def a_run(client: Client) -> Run:
    """A run that has begun and done nothing yet."""
    with tenant_scope(client.tenant.pk):
        run, _ = start_run(client.workflow, input=REQUEST, trigger="mail", actor=client.actor())
    return run


def draft(client: Client, subject: str = "Help page") -> ReviewItem:
    """Run a workflow that may only draft, and give its item."""
    with tenant_scope(client.tenant.pk):
        admin = client.actor(User.objects.get(staff_role="admin"))
        found = workflows().filter(slug="help-pages").first() or make_workflow(
            text=DRAFTS, owner=client.owner, actor=admin
        )
        given = {"subject": subject, "message": "damaged items refunded in full"}
        start_run(found, input=given, trigger="person", actor=client.actor())
        outbox.drain()
        return ReviewItem.objects.order_by("-id")[0]


def inside(client: Client, user: User | None = None) -> "Visitor":
    """Somebody signed in, the owner if nobody is named, looking at this client."""
    return Visitor(client, user or client.owner)


class Visitor:
    """A signed-in person whose addresses are inside one tenant."""

    def __init__(self, client: Client, user: User) -> None:
        self.slug = client.tenant.slug
        self.http = Http()
        self.http.force_login(user)

    def get(self, path: str, **headers: Any) -> HttpResponse:
        """GET a page of the tenant."""
        return self.http.get(f"/t/{self.slug}{path}", headers=headers)

    def post(self, path: str, data: dict[str, Any], **headers: Any) -> HttpResponse:
        """POST a form as our templates send it."""
        return self.http.post(
            f"/t/{self.slug}{path}", {"_tenant": self.slug} | data, headers=headers
        )

    def decide(self, item: ReviewItem, choice: str, **data: Any) -> HttpResponse:
        """Decide an item through its form."""
        given = {"choice": choice, "content_hash": item.content_hash} | data
        return self.post(f"/review/{item.pk}/decide/", given)


def text(response: HttpResponse) -> str:
    """The page's HTML, whatever its white space."""
    return Markup(response.content.decode())
