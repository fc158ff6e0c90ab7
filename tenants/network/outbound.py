"""Connections to hosts that people and clients choose go only to addresses that were checked.

A name is resolved once, each of its addresses is checked, and the connection goes to one of those.
Internal addresses are refused unless the deployment names host and port in
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

LONGEST = 30.0  # seconds, where the caller gives no timeout


class AddressRefused(OSError):
    """A host has an internal address; nothing was sent there."""


def check_outbound_host(host: str, port: int) -> None:
    """Raise Invalid for a host that is internal by its text and not named by the deployment."""
    if leads_inside(host) and not is_allowed(host, port, settings.ALLOWED_PRIVATE_HOSTS):
        raise Invalid(_sentence(host, port), code="inside_address")


def check_text(host: str, port: int) -> None:
    """Raise AddressRefused for a host that is internal by its text and may not be called."""
    try:
        check_outbound_host(host, port)
    except Invalid as error:
        raise AddressRefused(error.message) from error


def check_addresses(host: str, port: int, addresses: Iterable[str]) -> None:
    """Raise AddressRefused unless every address of a host may be called."""
    if is_allowed(host, port, settings.ALLOWED_PRIVATE_HOSTS):
        return
    for address in addresses:
        if not is_public(ip_address(address.partition("%")[0])):
            raise AddressRefused(_sentence(host, port))


def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """Return the result of ``getaddrinfo``, checked.

    Raises AddressRefused, and OSError for an unknown name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    check_addresses(host, port, [str(info[4][0]) for info in found])
    return list(found)


def connect(
    host: str, port: int, timeout: float | None, *, kind: type[socket.socket] = socket.socket
) -> socket.socket:
    """Return a connection to the first address that answers, within ``timeout`` seconds for all.

    Raises AddressRefused before anything is sent, OSError where no address answers.
    """
    last: OSError = OSError(f"{host} has no address.")
    until = monotonic() + (timeout or LONGEST)
    for family, type_, proto, _, address in resolve(host, port):
        left = until - monotonic()
        if left <= 0:  # a name may have any number of addresses that don't answer
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
