"""``{% csrf_token %}`` with a second hidden field, which names the tenant of the form.

The tag replaces Django's own in every template, so that each form posts its tenant, even
forms of Django, such as the admin's.
"""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from portal.middleware.tenant import FORM_FIELD

register = template.Library()


class TenantCsrfTokenNode(CsrfTokenNode):
    """Django's hidden field, followed inside a tenant by the tenant's slug."""

    def render(self, context: Context) -> SafeString:
        token = mark_safe(super().render(context))  # noqa: S308 - Django's own field
        tenant = getattr(context.get("request"), "tenant", None)
        if tenant is None:
            return token
        field = '{}<input type="hidden" name="{}" value="{}">'
        return format_html(field, token, FORM_FIELD, tenant.slug)


@register.tag
def csrf_token(parser: Parser, token: Token) -> TenantCsrfTokenNode:
    """Parse ``{% csrf_token %}``."""
    return TenantCsrfTokenNode()
