"""Proxy between one browser and the network: allowed hosts only, at addresses that were checked.

A browser is started with nothing but this proxy, so what a page asks of any other host ends here:
images, scripts, redirects, WebSockets. It listens on loopback, for one call, with a password.
"""

import asyncio
import base64
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from tenants.errors import Invalid
from tenants.network import outbound, proxies
from tenants.network.addresses import Target, is_allowed, parse_url

USER = "page"
LARGEST_HEAD = 64 * 1024  # bytes of a request's first lines
LARGEST_PAGES = 20 * 1024 * 1024  # bytes of all that a call's pages load
CONNECT_SECONDS = 5.0
MOST_REFUSED = 20  # hosts that are named
CHUNK = 64 * 1024
# What Chromium asks for by itself, which says nothing of a page.
ITS_OWN = {"content-autofill.googleapis.com", "accounts.google.com", "update.googleapis.com"}
HOP = {"proxy-authorization", "proxy-connection", "connection", "keep-alive"}


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """Request of a browser as its first lines have it."""

    method: str
    target: Target
    headers: list[tuple[str, str]]

    def header(self, name: str) -> str:
        """Return a header's value, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def head(self) -> bytes:
        """The first lines as the host gets them; it closes the connection after its answer."""
        kept = [f"{key}: {value}" for key, value in self.headers if key.lower() not in HOP]
        lines = [f"{self.method} {self.target.rest} HTTP/1.1", *kept, "Connection: close"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class BrowserProxy:
    """Proxy of one call. ``refused`` names hosts a page asked for, ``is_full`` says it took too
    much.
    """

    def __init__(self, allowed: list[str], largest: int = LARGEST_PAGES) -> None:
        self.password = secrets.token_urlsafe(24)
        self.refused: list[str] = []
        self.is_full = asyncio.Event()
        self._allowed, self._left = allowed, largest
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LARGEST_HEAD)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def address(self) -> str:
        """The address that the browser is given."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._answer(reader, writer)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = parse_head(await reader.readuntil(b"\r\n\r\n"))
        if request is None:
            return
        if not self._is_known(request):
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="page"\r\n'
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return
        there = await self._connected(request.target)
        if there is None:
            # No answer of ours: a browser would show it as if the page had said it.
            return
        try:
            await self._relay(request, reader, writer, *there)
        finally:
            there[1].close()

    def _is_known(self, request: ProxyRequest) -> bool:
        wanted = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        given = request.header("proxy-authorization").partition(" ")[2]
        return secrets.compare_digest(wanted.encode(), given.encode())

    async def _connected(
        self, target: Target
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection to a host that may be called; None for any other, which is noted."""
        host, port = target.host, target.port
        try:
            if self.is_full.is_set():
                return None
            if not is_allowed(host, port, self._allowed):
                raise Invalid(f"{host}:{port} is not allowed.", code="host_not_allowed")
            outbound.check_outbound_host(host, port)
            made = await asyncio.to_thread(proxies.connect_outside, host, port, CONNECT_SECONDS)
        except (Invalid, outbound.AddressRefused):
            is_named = target.netloc in self.refused or host in ITS_OWN
            if not is_named and len(self.refused) < MOST_REFUSED:
                self.refused.append(target.netloc)
            return None
        made.setblocking(False)
        return await asyncio.open_connection(sock=made)

    async def _relay(
        self,
        request: ProxyRequest,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_host: asyncio.StreamReader,
        to_host: asyncio.StreamWriter,
    ) -> None:
        if request.method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            up = asyncio.create_task(_copy(reader, to_host))
        else:
            # No more than this request: the next one may be for another host.
            to_host.write(request.head)
            length = request.header("content-length")
            up = asyncio.create_task(_copy(reader, to_host, int(length or 0)))
        try:
            while chunk := await from_host.read(CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    self.is_full.set()
                    return
                writer.write(chunk)
                await writer.drain()
        finally:
            up.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await up


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int | None = None
) -> None:
    while length is None or length > 0:
        chunk = await reader.read(CHUNK if length is None else min(CHUNK, length))
        if not chunk:
            if length is None:
                with suppress(OSError, RuntimeError):
                    writer.write_eof()
            return
        length = None if length is None else length - len(chunk)
        writer.write(chunk)
        await writer.drain()


def parse_head(head: bytes) -> ProxyRequest | None:
    """Return a request by its first lines; None for one that can't be told for sure."""
    lines = head.decode("latin-1").split("\r\n")[:-2]
    words = lines[0].split(" ")
    if len(words) != 3:
        return None
    method, where, _ = words
    url = f"https://{where}/" if method == "CONNECT" else where
    target = parse_url(url)
    if target is None or (method != "CONNECT" and target.scheme != "http"):
        return None
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or "\n" in value or "\r" in value:
            return None
        headers.append((name, value.strip()))
    request = ProxyRequest(method, target, headers)
    length = request.header("content-length")
    is_plain = not request.header("transfer-encoding") and (not length or length.isdecimal())
    return request if is_plain else None
