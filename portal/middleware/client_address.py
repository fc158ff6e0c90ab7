"""Client address of a request, behind proxies that the deployment trusts."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(named: Sequence[str]) -> list[Network]:
    """Return networks of proxies from ``10.0.0.7`` or ``10.0.0.0/24``. Raises ValueError else."""
    return [ip_network(entry) for entry in named]


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the client's address: the last one in the chain that is no trusted proxy.

    ``forwarded`` is X-Forwarded-For: each proxy appends the address it got the request from. The
    entries before those came from the client and may be forged.
    """
    address = peer.strip()
    for entry in reversed(forwarded.split(",")):
        if not _is_in(address, trusted):
            break
        found = _plain(entry)
        if found is None:
            break
        address = found
    return address


def _plain(entry: str) -> str | None:
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _is_in(address: str, trusted: Sequence[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in network for network in trusted)
