"""Addresses that a token may go to: the one it was issued for, and what lies below it. Pure."""

import re

from tenants.network.addresses import parse_url

# Parts of a path that a server may take for another path than we do.
AMBIGUOUS = re.compile(r"(^|/)\.{1,2}(/|$)|//|%2e|%2f|%5c", re.IGNORECASE)


def covers(address: str, url: str) -> bool:
    """Return whether ``url`` is ``address`` or lies below it: scheme, host, port, and the path."""
    ours, theirs = parse_url(address), parse_url(url)
    if ours is None or theirs is None:
        return False
    if (ours.scheme, ours.host, ours.port) != (theirs.scheme, theirs.host, theirs.port):
        return False
    base, path = (one.rest.partition("?")[0] for one in (ours, theirs))
    if AMBIGUOUS.search(path):
        return False
    base = base.rstrip("/")
    return path.rstrip("/") == base or path.startswith(f"{base}/")
