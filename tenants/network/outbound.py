"""Connections to hosts that people and clients chose: the checked address is the one called.

A name is resolved once, each address it has is checked, and the connection goes to one of those.
Inside addresses are refused unless the deployment names host and port in
``ALLOWED_PRIVATE_HOSTS``.
"""

import socket
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from time import monotonic
from typing import Any

from django.conf import settings

from tenants.errors import Invalid
from tenants.network.addresses import is_allowed, is_public, leads_inside

LONGEST = 30.0  # seconds, where the caller names none


class AddressRefused(OSError):
    """A host leads inside; nothing was sent there."""


def check_outbound_host(host: str, port: int) -> None:
    """Raise Invalid where a host says by itself that it leads inside, and nobody named it."""
    if leads_inside(host) and not is_allowed(host, port, settings.ALLOWED_PRIVATE_HOSTS):
        raise Invalid(_sentence(host, port), code="inside_address")


def check_addresses(host: str, port: int, addresses: Iterable[str]) -> None:
    """Raise AddressRefused unless every address of a host may be called."""
    if is_allowed(host, port, settings.ALLOWED_PRIVATE_HOSTS):
        return
    for address in addresses:
        if not is_public(ip_address(address.partition("%")[0])):
            raise AddressRefused(_sentence(host, port))


def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """What ``getaddrinfo`` says, checked. Raises AddressRefused, or OSError for no such name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    check_addresses(host, port, [str(info[4][0]) for info in found])
    return list(found)


def connect(
    host: str, port: int, timeout: float | None, *, kind: type[socket.socket] = socket.socket
) -> socket.socket:
    """A connection to the first address that answers. ``timeout`` is in seconds, for all of them.

    Raises AddressRefused before anything is sent, OSError where nobody answers.
    """
    last: OSError = OSError(f"{host} has no address.")
    until = monotonic() + (timeout or LONGEST)
    for family, type_, proto, _, address in resolve(host, port):
        left = until - monotonic()
        if left <= 0:  # a name may have any number of addresses where nobody answers
            raise TimeoutError(f"{host}:{port} did not answer in time.") from last
        made = kind(family, type_, proto)
        try:
            made.settimeout(left)
            made.connect(address)
            made.settimeout(timeout)
        except OSError as error:
            last = error
            with suppress(OSError):
                made.close()
        else:
            return made
    raise last


def _sentence(host: str, port: int) -> str:
    return (
        f"{host}:{port} leads to an address inside, which is not called from here. Use a public "
        "host, or ask for it to be named in HANDRAIL_ALLOWED_PRIVATE_HOSTS."
    )
