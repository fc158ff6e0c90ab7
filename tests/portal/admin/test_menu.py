"""The admin's sidebar and header, inside one client."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.urls import get_script_prefix, set_script_prefix, set_urlconf

from portal.admin import menu
from tenants.models import Tenant

ROOT = "/t/harbor-pine/"
ID = UUID(int=7)


@pytest.fixture
def request_inside() -> Iterator[Any]:
    """A request inside a client, without a database."""
    former = get_script_prefix()
    set_script_prefix(ROOT)
    set_urlconf(settings.TENANT_URLCONF)
    try:
        made: Any = RequestFactory().get("/admin/")
        made.tenant = Tenant(pk=ID, name="Harbor & Pine")
        yield made
    finally:
        set_script_prefix(former)
        set_urlconf(None)


def test_the_sidebar_leads_to_what_staff_configure_and_back(request_inside: Any) -> None:
    groups = menu.menu_groups(request_inside)
    found = {
        group["title"]: [
            (item["title"], item["link"].removeprefix(ROOT)) for item in group["items"]
        ]
        for group in groups
    }
    assert found == {
        "Client": [
            ("Settings", f"admin/tenants/tenant/{ID}/change/"),
            ("Sources", "admin/tenants/source/"),
            ("Secrets", "admin/tenants/secret/"),
        ],
        "Approvals": [
            ("Tools", "admin/approvals/tool/"),
            ("Never-rules", "admin/approvals/neverrule/"),
        ],
        "Work": [
            ("Workflows", "admin/workflows/workflow/"),
            ("Versions", "admin/workflows/version/"),
        ],
        "": [("Back to the portal", "review/")],
    }
    assert all(item["link"].startswith(ROOT) for group in groups for item in group["items"])


def test_the_header_is_the_client_and_leads_to_the_admins_front_page(request_inside: Any) -> None:
    assert menu.header(request_inside) == "Harbor & Pine"
    assert menu.front(request_inside) == f"{ROOT}admin/"


def test_asking_twice_makes_the_same_sidebar(request_inside: Any) -> None:
    """What is put in front of a group does not stay in the list it was made from."""
    assert menu.menu_groups(request_inside) == menu.menu_groups(request_inside)
