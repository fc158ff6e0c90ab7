"""Model of OAuth connections: a secret whose value an authorization server issues and renews."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants import clock
from tenants.models.base import TenantForeignKey, TenantModel
from tenants.models.keys import Secret

CODE, CLIENT = "code", "client"
NEW, LOOKING, READY, EXCHANGING = "new", "looking", "ready", "exchanging"
CONNECTED, LOST, ENDED = "connected", "lost", "ended"
UNDER_WAY = (LOOKING, READY, EXCHANGING)  # states of an attempt, also of one to connect again
STATES = (NEW, LOOKING, READY, EXCHANGING, CONNECTED, LOST, ENDED)


class OAuthConnection(TenantModel):
    """Connection of a secret to an authorization server. Its token goes to ``address`` alone.

    Client and tokens belong to ``issuer``; both are dropped where another issuer is named.
    ``generation`` counts the tokens. An attempt to connect is one person's: ``attempt_hash`` is
    the hash of its state, ``attempt`` what goes along with it, encrypted. While somebody connects
    it again, ``state`` is the attempt's, and the token it has serves on.
    """

    GRANTS: ClassVar = [(CODE, "A person signs in"), (CLIENT, "Handrail signs in itself")]

    secret = TenantForeignKey(Secret, models.PROTECT, related_name="+")
    server = models.CharField(max_length=20, blank=True, default="")
    address = models.CharField(max_length=500)
    grant = models.CharField(
        max_length=6,
        choices=GRANTS,
        default=CODE,
    )
    issuer = models.CharField(max_length=500, blank=True, default="")
    is_issuer_given = models.BooleanField(default=False)
    sends_resource = models.BooleanField(default=True)
    wanted_scope = models.CharField(max_length=1000, blank=True, default="")

    client_id = models.CharField(max_length=500, blank=True, default="")
    client_kind = models.CharField(max_length=10, blank=True, default="")
    client_secret = models.BinaryField(null=True, editable=False)
    client_auth = models.CharField(max_length=20, blank=True, default="")
    metadata = models.JSONField(default=dict, editable=False)

    state = models.CharField(max_length=10, default=NEW, editable=False)
    problem = models.TextField(blank=True, default="", editable=False)
    made_at = models.DateTimeField(default=clock.now, editable=False)
    connected_at = models.DateTimeField(null=True, editable=False)
    connected_by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+", editable=False
    )
    ended_at = models.DateTimeField(null=True, editable=False)

    access = models.BinaryField(null=True, editable=False)
    refresh = models.BinaryField(null=True, editable=False)
    scope = models.CharField(max_length=1000, blank=True, default="", editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    renewed_at = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    generation = models.IntegerField(default=0, editable=False)
    failures = models.IntegerField(default=0, editable=False)

    attempt = models.BinaryField(null=True, editable=False)
    attempt_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    attempt_by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+", editable=False
    )
    attempt_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "secret"], name="one_connection_of_secret"),
            models.UniqueConstraint(
                fields=["tenant", "attempt_hash"],
                condition=~Q(attempt_hash=""),
                name="connection_attempt",
            ),
            models.CheckConstraint(condition=Q(state__in=STATES), name="connection_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=CONNECTED) | Q(access__isnull=False) & ~Q(issuer=""),
                name="connected_with_a_token_of_an_issuer",
            ),
        ]

    def __str__(self) -> str:
        return str(self.secret)

    @property
    def is_connected(self) -> bool:
        """Return whether there is a token, which calls use and which is renewed."""
        return self.access is not None

    @property
    def settled_state(self) -> str:
        """Return the state that a connection has when its attempt came to nothing."""
        if self.is_connected:
            return CONNECTED
        return LOST if self.connected_at else NEW

    @property
    def shown_state(self) -> str:
        """Return the state for people: no attempt goes on in which nobody signed in in time."""
        is_past = self.attempt_until is not None and self.attempt_until <= clock.now()
        return self.settled_state if self.state == READY and is_past else self.state
