"""Page of a connection: how it stands, in words, and what a person may do about it."""

from dataclasses import dataclass

from tenants.actors import Actor
from tenants.models import OAuthConnection
from tenants.models.connections import (
    CONNECTED,
    ENDED,
    EXCHANGING,
    LOOKING,
    LOST,
    NEW,
    READY,
)
from tenants.network.addresses import parse_url
from workflows.oauth.services import is_ready_for

BADGES = {
    NEW: ("not connected", ""),
    LOOKING: ("being asked", "blue"),
    READY: ("waits for you to sign in", "blue"),
    EXCHANGING: ("being connected", "blue"),
    CONNECTED: ("connected", "green"),
    LOST: ("connect again", "amber"),
    ENDED: ("ended", ""),
}


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """Page of a connection. ``sign_in_host`` is where this person goes on, empty for nowhere."""

    connection: OAuthConnection
    badge: str
    colour: str
    sign_in_host: str

    @property
    def is_under_way(self) -> bool:
        """Return whether a worker is at it."""
        return self.connection.state in (LOOKING, EXCHANGING)

    @property
    def has_token(self) -> bool:
        """Return whether there is something to end."""
        return self.connection.access is not None

    @property
    def button(self) -> str:
        """Return what the button to connect says."""
        return "Connect" if self.connection.connected_at is None else "Connect again"


def connection_page(connection: OAuthConnection, actor: Actor) -> ConnectionPage:
    """Return the page of a connection. No query."""
    badge, colour = BADGES[connection.shown_state]
    host = ""
    if is_ready_for(connection, actor):
        target = parse_url(str(connection.metadata.get("authorization_endpoint", "")))
        host = target.netloc if target else ""
    elif connection.shown_state == READY:
        badge = "waits for somebody to sign in"
    return ConnectionPage(connection, badge, colour, host)
