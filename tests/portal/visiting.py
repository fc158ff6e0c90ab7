"""A signed-in person's browser in one tenant, without a browser."""

import re
from dataclasses import dataclass
from typing import Any

from django.test import Client as Browser

from tenants.models import User
from tests.markup import Markup
from tests.world import Client as Tenant

ROLES = ("owner", "approver", "viewer")


@dataclass(slots=True)
class Visitor:
    """One person in one tenant."""

    browser: Browser
    slug: str

    def get(self, path: str, **query: Any) -> Any:
        return self.browser.get(f"/t/{self.slug}/{path}", query)

    def post(self, path: str, **data: Any) -> Any:
        return self.browser.post(f"/t/{self.slug}/{path}", {"_tenant": self.slug, **data})


def visit(user: User, tenant: Tenant) -> Visitor:
    """Sign ``user`` in and send them to ``tenant``."""
    browser = Browser()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return Visitor(browser, tenant.tenant.slug)


def text(response: Any) -> str:
    """What a page says, with its white space made one and its form tokens left out."""
    said = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", response.content.decode())
    return Markup(said)
