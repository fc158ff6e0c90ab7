"""Events of tools' servers: the provider's staff are told that a look switched tools off."""

from audit import outbox
from portal.notices.enqueue import enqueue_notice
from tenants import roster
from workflows.models import McpServer


def tools_switched_off(claim: outbox.Claim) -> None:
    """Handler of ``mcp.switched_off``: enqueue a mail for the staff who may turn tools on."""
    server = McpServer.objects.filter(pk=claim.object_id).first()
    if server is None or server.looked_at is None:
        return
    for one in roster.configuring_staff():
        key = f"tools_off:{server.pk}:{server.looked_at:%Y%m%dT%H%M%S}:{one.user_id}"
        enqueue_notice("tools_off", key=key, to=one.user.email, object_id=server.pk)
