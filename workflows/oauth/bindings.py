"""Tools bound to connections: a token goes to its connection's address alone, or nowhere.

Both ends are checked when they are saved: a tool that names a connection, and a new connection
that tools name already.
"""

from approvals.gate.tool_secrets import named_secrets
from approvals.models import Tool
from tenants.credentials.token_addresses import covers
from tenants.errors import Invalid
from tenants.models import OAuthConnection
from workflows import tools


def check_tool_bindings(tool: Tool) -> None:
    """Raise Invalid where a tool names a connection whose token never goes where it calls."""
    names = set(named_secrets(tool.settings))
    if not names:
        return
    for connection in OAuthConnection.objects.filter(secret__name__in=names).select_related(
        "secret"
    ):
        _check(tool, connection, connection.secret.name)


def check_connection_bindings(connection: OAuthConnection, name: str) -> None:
    """Raise Invalid where a tool names a connection, called ``name``, that is for elsewhere."""
    for tool in Tool.objects.order_by("name"):
        if name in named_secrets(tool.settings):
            _check(tool, connection, name)


def _check(tool: Tool, connection: OAuthConnection, name: str) -> None:
    address_of = getattr(tools.adapters().get(tool.adapter), "token_address", None)
    url = str(address_of(tool.settings)) if address_of else ""
    if not covers(connection.address, url):
        where = f"calls {url}" if url else "takes a secret that somebody typed in"
        said = f"The connection {name} is for {connection.address} alone, and {tool.title} {where}."
        raise Invalid(said, code="other_address")
