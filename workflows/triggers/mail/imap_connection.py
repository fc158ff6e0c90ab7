"""Connections to mail servers: to checked addresses, with an end to what one may send or take.

imaplib waits for each answer anew and reads whatever length a server says. A server that sends
a byte a second, or a literal of 700 MB, is cut off here instead.
"""

import imaplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from imap_tools import BaseMailBox, MailboxLoginError

from tenants.network import outbound

TIMEOUT = 20  # seconds, for each answer
LONGEST = 90.0  # seconds, for a whole connection
LOGOUT_SECONDS = 3.0  # seconds, for goodbye
LARGEST_LITERAL = 2 * 1024 * 1024  # bytes
LARGEST_SESSION = 32 * 1024 * 1024  # bytes, over a whole connection


LINE_END = frozenset("\r\n\0")


class SignInRefused(ValueError):
    """A user name or a password that no server could be told."""


class TooMuchSent(OSError):
    """A server sends more, or for longer, than a mailbox is read for."""


@dataclass(slots=True)
class Budget:
    """What is left of one connection's time and bytes."""

    until: float = field(default_factory=lambda: monotonic() + LONGEST)
    left: int = LARGEST_SESSION

    def wait(self) -> float:
        """How long the next read may wait, in seconds."""
        remaining = self.until - monotonic()
        if remaining <= 0:
            raise TooMuchSent("it takes too long")
        return min(TIMEOUT, remaining)

    def count(self, size: int) -> int:
        """Count what was read."""
        self.left -= size
        if self.left < 0:
            raise TooMuchSent("it sends too much")
        return size


def _budgeted(kind: type[Any], budget: Budget) -> type[Any]:
    """A socket class whose reads are on a budget; ``makefile`` reads through ``recv_into``."""

    class Budgeted(kind):  # type: ignore[misc]
        def recv_into(self, *args: Any, **kwargs: Any) -> int:
            self.settimeout(budget.wait())
            return budget.count(super().recv_into(*args, **kwargs))

    return Budgeted


class _Client(imaplib.IMAP4):
    """imaplib's client on a budget; encrypted from the start where a context is given."""

    def __init__(
        self, host: str, port: int, budget: Budget, context: ssl.SSLContext | None
    ) -> None:
        self._budget, self._from_start = budget, context
        super().__init__(host, port, TIMEOUT)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        kind = _budgeted(socket.socket, self._budget)
        made = outbound.connect(self.host, self.port, timeout, kind=kind)
        if self._from_start is None:
            return made
        return self._from_start.wrap_socket(made, server_hostname=self.host)

    def read(self, size: int) -> bytes:
        """A literal. Raises TooMuchSent before memory is taken for a large one."""
        if size > LARGEST_LITERAL:
            raise TooMuchSent(f"it wants to send {size} bytes at once")
        return super().read(size)


class BoundedMailBox(BaseMailBox):
    """A mailbox of imap_tools on such a connection. ``security`` is tls, starttls or none."""

    def __init__(self, host: str, port: int, security: str) -> None:
        self.budget = Budget()
        self._host_and_port, self._security = (host, port), security
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        context = None if self._security == "none" else ssl.create_default_context()
        if context is not None:
            context.sslsocket_class = _budgeted(ssl.SSLSocket, self.budget)
        from_start = context if self._security == "tls" else None
        client = _Client(*self._host_and_port, self.budget, from_start)
        if self._security == "starttls":
            _encrypt(client, context)
        return client

    def sign_in(self, username: str, password: str) -> None:
        """Sign in. LOGIN is made for ASCII: other letters go as PLAIN, where the server has that.

        Raises SignInRefused with a sentence, or MailboxLoginError.
        """
        if not LINE_END.isdisjoint(username + password):
            raise SignInRefused("User name or password holds a line end. Set the password again.")
        if (username + password).isascii():
            self.login(username, password, initial_folder=None)
        elif "AUTH=PLAIN" in self.client.capabilities:
            self._sign_in_plain(username, password)
        else:
            # What most servers take, though no standard says which letters the bytes are.
            self.client._encoding = "utf-8"  # type: ignore[attr-defined]
            self.login(username, password, initial_folder=None)

    def _sign_in_plain(self, username: str, password: str) -> None:
        try:
            self.login_utf8(username, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:  # what imaplib makes of a refusal
            raise MailboxLoginError(("NO", [b""]), "OK") from error

    def sign_out(self) -> None:
        """Say goodbye, and hang up whatever the server answers."""
        self.budget.until = min(self.budget.until, monotonic() + LOGOUT_SECONDS)
        try:
            self.logout()
        except Exception:
            with suppress(OSError):
                self.client.shutdown()


def _encrypt(client: _Client, context: ssl.SSLContext | None) -> None:
    try:
        client.starttls(context)
    except BaseException:
        client.shutdown()
        raise
