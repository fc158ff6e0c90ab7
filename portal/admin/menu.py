"""Sidebar and header of the admin, for Unfold's settings."""

from typing import Any, cast

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from portal.request import Request

GROUPS = (
    (
        "Client",
        (
            ("Sources", "database", "tenants_source"),
            ("Secrets", "key", "tenants_secret"),
        ),
    ),
    (
        "Approvals",
        (
            ("Tools", "build", "approvals_tool"),
            ("Never-rules", "block", "approvals_neverrule"),
        ),
    ),
    (
        "Work",
        (
            ("Workflows", "account_tree", "workflows_workflow"),
            ("Versions", "history", "workflows_version"),
        ),
    ),
)


def menu_groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar's groups, with URLs inside the tenant of the request."""
    tenant = cast(Request, request).tenant
    made: list[dict[str, Any]] = [
        {"title": title, "items": [_item(*item) for item in items]} for title, items in GROUPS
    ]
    own = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    made[0]["items"].insert(0, {"title": "Settings", "icon": "tune", "link": own})
    back = {"title": "Back to the portal", "icon": "arrow_back", "link": reverse("review")}
    return [*made, {"title": "", "separator": True, "items": [back]}]


def _item(title: str, icon: str, name: str) -> dict[str, str]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}_changelist")}


def header(request: HttpRequest) -> str:
    """Return the header: the tenant's name."""
    return cast(Request, request).tenant.name


def front(request: HttpRequest) -> str:
    """Return the header's link: the admin's own front page."""
    return reverse("admin:index")


def styles(request: HttpRequest) -> str:
    """Return the URL of the additions to Unfold's style."""
    return static("css/admin.css")


def favicon(request: HttpRequest) -> str:
    """Return the URL of the portal's icon."""
    return static("favicon.svg")
