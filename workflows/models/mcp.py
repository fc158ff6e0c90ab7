"""Model of MCP servers, whose tools a client's workflows may call once a person turned them on."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants import clock
from tenants.models import TenantModel


class McpServer(TenantModel):
    """Server of the tenant that speaks MCP: at an address, or a command of this deployment.

    ``seen`` is the offer of the last look that worked, ``seen_pin`` its pin; ``reviewed_pin`` is
    that of the offer that a person last chose tools from, and ``reviewed`` the names in it.
    ``problem`` is what went wrong last, empty while the server answers. ``look_asked_at`` is set
    while a look is under way that a person asked for.
    """

    name = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    address = models.CharField(max_length=500, blank=True)
    command = models.CharField(max_length=40, blank=True)
    secret = models.CharField(max_length=60, blank=True)
    carrier = models.CharField(max_length=100, blank=True)
    made_at = models.DateTimeField(default=clock.now, editable=False)

    issuer = models.CharField(max_length=500, blank=True, default="", editable=False)
    seen = models.JSONField(default=dict, editable=False)
    seen_pin = models.CharField(max_length=64, blank=True, default="", editable=False)
    reviewed = models.JSONField(default=list, editable=False)
    reviewed_pin = models.CharField(max_length=64, blank=True, default="", editable=False)
    looked_at = models.DateTimeField(null=True, editable=False)
    worked_at = models.DateTimeField(null=True, editable=False)
    look_asked_at = models.DateTimeField(null=True, editable=False)
    problem = models.TextField(blank=True, default="", editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="mcp_server_name"),
            models.CheckConstraint(
                condition=Q(address="") & ~Q(command="") | ~Q(address="") & Q(command=""),
                name="mcp_server_is_in_one_place",
            ),
        ]

    def __str__(self) -> str:
        return self.title
