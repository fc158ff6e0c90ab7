"""Mail to the provider's staff about tools that went off, as their server changed them."""

from typing import Any

from audit.verbs import Verb
from portal.links import Links, outside
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants import roster
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from workflows.mcp.looks import differences_of
from workflows.models import McpServer

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the mail. It has none of the server's words, which are foreign.

    Raises NotWanted where each tool was turned on again or is as it was, or the person no longer
    looks after the client.
    """
    server = McpServer.objects.filter(pk=notice.object_id).first()
    off = differences_of(server) if server else []
    if server is None or not off:
        raise NotWanted("No tool of it is off for what its server changed.")
    if not roster.configuring_staff().filter(user__email=notice.to).exists():
        raise NotWanted("They do not look after this client any more.")
    tenant = Tenant.objects.get(pk=current_tenant_id())
    context: dict[str, Any] = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "server": server.title,
        "tools": [{"title": tool.title, "why": why} for tool, why in off],
        "link": Links(outside(tenant.slug)).page("tool_server", server.name),
    }
    return Letter(
        subject=f"{tenant.name}: {server.title} changed, so tools of it are off",
        text=rendered("email/tools_off.txt", context),
        html=inlined("email/tools_off.html", context),
        sender=context["provider"],
    )
