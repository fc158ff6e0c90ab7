"""Addresses at which metadata is looked for, in the order that the official SDK has.

Imported in a worker, where somebody connects: the SDK takes seconds and 60 MB.
"""

from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
)


def of_resource(named: str, address: str) -> list[str]:
    """Return where a server's metadata may be: as its challenge named it, else well known."""
    return build_protected_resource_metadata_discovery_urls(named or None, address)


def of_issuer(issuer: str) -> list[str]:
    """Return where an authorization server's metadata may be (RFC 8414, OpenID Connect)."""
    return build_oauth_authorization_server_metadata_discovery_urls(issuer, issuer)
