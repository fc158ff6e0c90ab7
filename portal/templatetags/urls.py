"""``{% url %}`` with the addresses of ``portal.links.route``.

The tag replaces Django's own in every template, and gives the same addresses.
"""

from uuid import UUID

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url
from django.urls import get_urlconf

from portal.links import route

register = template.Library()


class RouteNode(URLNode):
    """Django's node, which asks the resolver once for each route that takes only UUIDs."""

    def render(self, context: Context) -> str:
        name = self.view_name.resolve(context)
        args = [arg.resolve(context) for arg in self.args]
        # A name with a namespace depends on the current app; "as" may name a route that is not.
        is_plain = isinstance(name, str) and ":" not in name and not (self.asvar or self.kwargs)
        if not is_plain or any(type(arg) is not UUID for arg in args):
            return str(super().render(context))
        return route(name, *args, urlconf=get_urlconf())


@register.tag
def url(parser: Parser, token: Token) -> RouteNode:
    """Parse ``{% url %}``."""
    node = parse_url(parser, token)
    return RouteNode(node.view_name, node.args, node.kwargs, node.asvar)
