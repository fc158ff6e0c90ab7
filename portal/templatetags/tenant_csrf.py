"""``{% csrf_token %}``, which inside a tenant also says which tenant the form was made for.

It stands in for Django's own tag in every template, so that forms we didn't write,
such as the admin's, remember their tenant too. No form can forget it.
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
    """Django's hidden field and ours."""

    def render(self, context: Context) -> SafeString:
        token = mark_safe(super().render(context))  # noqa: S308 - Django's own field
        tenant = getattr(context.get("request"), "tenant", None)
        if tenant is None:
            return token
        field = '{}<input type="hidden" name="{}" value="{}">'
        return format_html(field, token, FORM_FIELD, tenant.slug)


@register.tag
def csrf_token(parser: Parser, token: Token) -> TenantCsrfTokenNode:
    """The hidden fields of a form that is posted."""
    return TenantCsrfTokenNode()
