"""The proxy that HTTP to hosts outside goes through, where the deployment names one.

Every connection is a tunnel (CONNECT of RFC 9110, or SOCKS 5 of RFC 1928) to the address that was
checked here, so a name means the same on both sides of the proxy. Where the proxy looks names up
itself, it gets the name, and has to refuse internal addresses. Hosts that the deployment names in
``ALLOWED_PRIVATE_HOSTS`` are called directly.
"""

import errno
import socket
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from python_socks import ProxyError
from python_socks.async_.asyncio import Proxy as AsyncProxy
from python_socks.sync import Proxy

from tenants.network import outbound
from tenants.network.addresses import is_allowed


class ProxyFailed(OSError):
    """The proxy gave no connection to a host; nothing was sent there."""


def is_proxied(host: str, port: int) -> bool:
    """Return whether a host is called through the proxy."""
    named = settings.ALLOWED_PRIVATE_HOSTS
    return bool(settings.OUTBOUND_PROXY) and not is_allowed(host, port, named)


def is_looked_up_there(host: str, port: int) -> bool:
    """Return whether the proxy looks up a host's name, and not Handrail."""
    return settings.OUTBOUND_PROXY_RESOLVES and is_proxied(host, port)


def is_reachable(timeout: float = 3.0) -> bool:
    """Return whether something answers at the proxy's address, within ``timeout`` seconds."""
    parts = urlsplit(settings.OUTBOUND_PROXY)
    with suppress(OSError), socket.create_connection((parts.hostname, parts.port), timeout):
        return True
    return False


def check_host(host: str, port: int) -> None:
    """Raise AddressRefused for a host that may not be called, OSError for an unknown name.

    A name that the proxy looks up is checked by its text alone.
    """
    if is_looked_up_there(host, port):
        outbound.check_text(host, port)
    else:
        outbound.resolve(host, port)


def connect_outside(host: str, port: int, timeout: float | None) -> socket.socket:
    """Return a connection to a host, through the proxy where one is set.

    Raises as ``outbound.connect`` does, and ProxyFailed.
    """
    if not is_proxied(host, port):
        return outbound.connect(host, port, timeout)
    addresses = [host]
    if is_looked_up_there(host, port):
        outbound.check_text(host, port)
    else:
        addresses = [str(info[4][0]) for info in outbound.resolve(host, port)]
    until = monotonic() + (timeout or outbound.LONGEST)
    last: OSError = OSError(f"{host} has no address.")
    for address in addresses:
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError(f"{host}:{port} did not answer in time.") from last
        try:
            made = Proxy.from_url(settings.OUTBOUND_PROXY).connect(address, port, timeout=left)
        except TimeoutError:
            raise
        except (ProxyError, OSError) as error:
            last = _failed(error)
        else:
            made.settimeout(timeout)
            return made
    raise last


async def open_connection(addresses: Iterable[str], port: int) -> socket.socket:
    """Return a connection through the proxy to the first of checked addresses that it reaches.

    The caller bounds the time. Raises ProxyFailed.
    """
    last: OSError = OSError("It has no address.")
    for address in addresses:
        try:
            return await AsyncProxy.from_url(settings.OUTBOUND_PROXY).connect(
                address, port, timeout=outbound.LONGEST
            )
        except TimeoutError:
            raise
        except (ProxyError, OSError) as error:
            last = _failed(error)
    raise last


def _failed(error: ProxyError | OSError) -> ProxyFailed:
    """Return a failure in words for people, without the proxy's address and what it said."""
    if isinstance(error, OSError):
        return ProxyFailed(errno.ECONNREFUSED, "the proxy for calls outside can't be reached")
    code = f" ({error.error_code})" if error.error_code else ""
    return ProxyFailed(errno.ECONNREFUSED, f"the proxy for calls outside made none{code}")
