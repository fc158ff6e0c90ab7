"""LiteLLM's HTTP: it connects only to checked addresses, and follows no redirect.

LiteLLM's clients and those of OpenAI's library get their transports from two places in LiteLLM,
which are replaced here. It and httpx are imported when it is first used, as they take seconds.
"""

import ssl
from typing import Any

import requests

from tenants.errors import Invalid
from tenants.network import outbound
from tenants.network.addresses import PORTS
from tenants.network.sessions import CheckedSession
from workflows.tools.http_sessions import checked_session

# Headers of an answer that no longer hold once its body was read.
READ_ALREADY = {"content-encoding", "content-length", "transfer-encoding"}


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

    # A proxy of the environment must not see tenants' credentials.
    litellm.disable_aiohttp_trust_env = True
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

    class CheckedSyncTransport(httpx.BaseTransport):
        """Transport over a checked session of requests."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            limits = request.extensions.get("timeout", {})
            try:
                with CheckedSession() as session:
                    answer = session.request(
                        request.method,
                        str(request.url),
                        headers=dict(request.headers),
                        data=request.read(),
                        timeout=(limits.get("connect"), limits.get("read")),
                    )
            except Invalid as error:
                raise outbound.AddressRefused(error.message) from error
            except requests.Timeout as error:
                raise httpx.ReadTimeout("It did not answer in time.") from error
            except requests.RequestException as error:
                raise httpx.ConnectError(f"No answer from {request.url.host}.") from error
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in READ_ALREADY}
            response = httpx.Response(answer.status_code, headers=kept, content=answer.content)
            if response.has_redirect_location:
                raise _redirected(request.url.host)
            return response

    return CheckedSyncTransport()


def _redirected(host: str) -> RedirectRefused:
    return RedirectRefused(
        f"The model's server at {host} sends on to another address, which is not followed. Name "
        "the right address."
    )
