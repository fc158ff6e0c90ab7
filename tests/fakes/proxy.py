"""An HTTP proxy on loopback that tunnels whatever it is asked for to one place.

    with TunnelProxy(to=shop.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        ...
        assert proxy.asked == ["93.184.215.14:443"]

``status`` is what it answers to CONNECT; a tunnel is made for 200 alone.
"""

import base64
import socket
import socketserver
import threading
from contextlib import suppress
from typing import Self

from tests.fakes.sink import Server


class TunnelProxy:
    """A proxy that notes each place it was asked for, and who asked."""

    def __init__(self, *, to: int, status: int = 200) -> None:
        self.to, self.status = to, status
        self.asked: list[str] = []
        self.users: list[str] = []
        self.plain: list[str] = []  # requests that were no CONNECT
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(proxy) -> type[socketserver.BaseRequestHandler]:  # noqa: N805
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                method, place, _ = self.rfile.readline().decode().split(" ")
                while line := self.rfile.readline().decode().strip():
                    name, _, value = line.partition(": ")
                    if name.lower() == "proxy-authorization":
                        proxy.users.append(base64.b64decode(value.split(" ")[1]).decode())
                if method != "CONNECT":
                    proxy.plain.append(place)
                    return
                proxy.asked.append(place)
                self.wfile.write(f"HTTP/1.1 {proxy.status} Said\r\n\r\n".encode())
                if proxy.status == 200:
                    with socket.socket() as there:
                        # Not by create_connection: tests give names other addresses.
                        there.connect(("127.0.0.1", proxy.to))
                        back = threading.Thread(target=_pump, args=(there, self.connection))
                        back.start()
                        _pump(self.connection, there)
                        back.join()

        return Handler


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
