"""LiteLLM's HTTP: it connects only to checked addresses, and follows no redirect.

LiteLLM's clients and those of OpenAI's library get their transports from two places in LiteLLM,
which are replaced here. It and httpx are imported when it is first used, as they take seconds.
"""

import ssl
from typing import Any

from tenants.errors import Invalid
from tenants.network import outbound
from tenants.network.addresses import PORTS
from workflows.tools.http_sessions import checked_session


class RedirectRefused(OSError):
    """A model's server named another address, which is not asked."""


def use_checked_transports(litellm: Any) -> None:
    """Let every client that LiteLLM makes from now on use a transport that checks."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    transport = _async_transport()

    def create(
        ssl_context: ssl.SSLContext | None = None,
        ssl_verify: bool | None = None,
        shared_session: object = None,
    ) -> Any:
        checks = ssl_context or ssl_verify is not False
        # Made at the first request, on the loop that makes it.
        return transport(client=lambda: checked_session(checks))

    AsyncHTTPHandler.create_async_transport = staticmethod(create)  # type: ignore[method-assign]
    litellm.sync_transport = _sync_transport()


def _async_transport() -> Any:
    from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

    class CheckedTransport(LiteLLMAiohttpTransport):
        """LiteLLM's transport, with a check of each request and each answer."""

        async def handle_async_request(self, request: Any) -> Any:
            url = request.url
            try:  # of a host that is an address, which is not resolved
                outbound.check_outbound_host(url.host, url.port or PORTS.get(url.scheme, 0))
            except Invalid as error:
                raise outbound.AddressRefused(error.message) from error
            response = await super().handle_async_request(request)
            if response.has_redirect_location:
                await response.aclose()
                raise _redirected(url.host)
            return response

    return CheckedTransport


def _sync_transport() -> Any:
    """Return the transport of what LiteLLM asks beside a call, as what a model of Ollama can do."""
    import httpx

    class CheckedSyncTransport(httpx.HTTPTransport):
        """Transport that connects to the address that was checked."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            url = request.url
            found = outbound.resolve(url.host, url.port or PORTS.get(url.scheme, 0))
            pinned = httpx.Request(
                request.method,
                url.copy_with(host=str(found[0][4][0])),
                headers=request.headers,  # with the Host as it was named
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": url.host},
            )
            response = super().handle_request(pinned)
            if response.has_redirect_location:
                response.close()
                raise _redirected(url.host)
            return response

        def close(self) -> None:
            """Stay open: LiteLLM's clients share it, and each closes its own."""

    return CheckedSyncTransport()


def _redirected(host: str) -> RedirectRefused:
    return RedirectRefused(
        f"The model's server at {host} sends on to another address, which is not followed. Name "
        "the right address."
    )
