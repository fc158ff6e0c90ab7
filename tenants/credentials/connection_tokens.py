"""Tokens of OAuth connections: read for a call that is about to be made, and encrypted."""

from datetime import timedelta

from tenants import clock
from tenants.credentials.token_addresses import covers
from tenants.db.encryption import decrypt, encrypt
from tenants.errors import Invalid, NotFound
from tenants.models import OAuthConnection, Secret
from tenants.models.connections import ENDED, LOST

OAUTH = "oauth"  # the kind of a secret
# A token that ends sooner than this is renewed before a call; a short one in its last quarter, as
# no call would ever be made with one that always ends soon.
SOON = timedelta(seconds=60)
SHARE = 4


def connection_token(secret: Secret, url: str) -> str:
    """Return the access token of a connection, for a call to ``url``.

    Raises Invalid for an address that the token was not issued for, NotFound where there is no
    token that still holds.
    """
    connection = OAuthConnection.objects.get(secret=secret)
    if not covers(connection.address, url):
        said = f"The connection {secret.name} is for {connection.address} alone. "
        raise Invalid(f"{said}Its token goes to no other address.", code="other_address")
    if connection.access is None:
        raise not_connected(secret.name, connection)
    if connection.expires_at is not None and connection.expires_at <= clock.now():
        raise not_connected(secret.name, connection)
    token = decrypt(bytes(connection.access))
    if token is None:
        said = f"The token of {secret.name} was encrypted with a key this server has not. "
        raise NotFound(f"{said}Connect it again.", code="not_connected")
    return token


def not_connected(name: str, connection: OAuthConnection) -> NotFound:
    """Return the error of a connection without a token that holds, with what to do."""
    if connection.is_connected:
        said = f"The token of {name} has run out and could not be renewed yet"
    elif connection.state in (LOST, ENDED):
        said = f"{name} is not connected any more"
    else:
        said = f"{name} is not connected"
    why = f": {connection.problem.rstrip('.')}" if connection.problem else ""
    return NotFound(f"{said}{why}. Connect it on its page.", code="not_connected")


def sealed(text: str) -> bytes | None:
    """Return a text encrypted; None for an empty one."""
    return encrypt(text) if text else None


def unsealed(token: bytes | memoryview | None) -> str:
    """Return the text of what ``sealed`` gave; empty where no key of this server opens it."""
    return (decrypt(bytes(token)) or "") if token is not None else ""


def needs_renewal(connection: OAuthConnection) -> bool:
    """Return whether a connection's token ends too soon to make a call with it."""
    ends, since = connection.expires_at, connection.renewed_at
    if not connection.is_connected or ends is None:
        return False
    soon = min(SOON, (ends - since) / SHARE) if since is not None else SOON
    return ends <= clock.now() + soon
