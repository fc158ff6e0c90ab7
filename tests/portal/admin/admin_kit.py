"""Addresses of the admin, and what its pages left in the record."""

from approvals.models import Tool
from audit.models import Event
from tenants.models import Source
from tenants.scope import tenant_scope
from tests.world import Client
from workflows.models import Version, Workflow


def admin(client: Client, path: str = "") -> str:
    return f"/t/{client.tenant.slug}/admin/{path}"


def verbs(client: Client) -> list[str]:
    with tenant_scope(client.tenant.pk):
        return list(Event.objects.order_by("id").values_list("verb", flat=True))


def things(client: Client) -> dict[str, str]:
    """The change page of one thing of every kind."""
    with tenant_scope(client.tenant.pk):
        return {
            "tenants/tenant": str(client.tenant.pk),
            "tenants/source": str(Source.objects.get(name="orders").pk),
            "approvals/tool": str(Tool.objects.get(name="shop.refund").pk),
            "workflows/workflow": str(Workflow.objects.get().pk),
            "workflows/version": str(Version.objects.get().pk),
        }
