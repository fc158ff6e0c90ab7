"""Sessions of the library requests that connect to checked addresses only (SSRF).

Web Push and chat are called through libraries that use requests. No redirect is followed,
and no proxy but the deployment's is used (``tenants.network.proxies``).
"""

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from tenants.errors import Invalid
from tenants.network import outbound, proxies

METHODS = ("get", "options", "head", "post", "put", "patch", "delete")


def _connect(connection: HTTPConnection) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    try:
        made = proxies.connect_outside(connection.host, connection.port or 443, timeout)
    except outbound.AddressRefused as error:
        # Not an OSError: urllib3 would take that for a broken connection.
        raise Invalid(str(error), code="inside_address") from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, "It did not answer in time.") from error
    except OSError as error:
        raise NewConnectionError(connection, f"No connection: {error}") from error
    for option in connection.socket_options or ():
        made.setsockopt(*option)
    return made


class CheckedConnection(HTTPConnection):
    """Plain HTTP connection to a checked address."""

    def _new_conn(self) -> socket.socket:
        return _connect(self)


class CheckedTlsConnection(HTTPSConnection):
    """TLS connection to a checked address; the certificate must fit the host's name."""

    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _Plain(HTTPConnectionPool):
    ConnectionCls = CheckedConnection


class _Tls(HTTPSConnectionPool):
    ConnectionCls = CheckedTlsConnection


class CheckedAdapter(HTTPAdapter):
    """Adapter whose connections are checked. Raises ProxyError for a proxy that a library names."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pools = {"http": _Plain, "https": _Tls}
        self.poolmanager.pool_classes_by_scheme = pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        raise requests.exceptions.ProxyError("No proxy is used from here.")


class CheckedSession(requests.Session):
    """Session with checked connections: no redirects, no proxies, no ``.netrc``."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        for prefix in ("http://", "https://"):
            self.mount(prefix, CheckedAdapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{**kwargs, "allow_redirects": False})


class CheckedRequests:
    """Stand-in for the module ``requests``: each call runs on a checked session of its own."""

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            return lambda *args, **kwargs: self.request(name.upper(), *args, **kwargs)
        return CheckedSession if name in ("Session", "session") else getattr(requests, name)

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Call ``requests.request`` on a checked session."""
        with CheckedSession() as session:
            return session.request(*args, **kwargs)
