"""Connections to mail servers: to checked addresses, with a budget of time and bytes.

imaplib waits for each answer anew and reads whatever length a server announces. A server that
sends a byte a second, or a literal of 700 MB, is cut off here.
"""

import imaplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from imap_tools import BaseMailBox, MailboxAppendError, MailboxLoginError

from tenants.network import outbound

TIMEOUT = 20  # seconds, for each answer
LONGEST = 90.0  # seconds, for a whole connection
LOGOUT_SECONDS = 3.0  # for the logout
LARGEST_LITERAL = 2 * 1024 * 1024  # bytes
LARGEST_SESSION = 32 * 1024 * 1024  # bytes, over a whole connection


LINE_END = frozenset("\r\n\0")
__all__ = ["BoundedMailBox", "MailboxAppendError", "ReadBudget", "SignInRefused", "TooMuchSent"]


class SignInRefused(ValueError):
    """User name or password that can't be sent to a server."""


class TooMuchSent(OSError):
    """Server that sends more bytes, or for a longer time, than a connection's budget."""


@dataclass(slots=True)
class ReadBudget:
    """Time and bytes that are left of one connection's budget."""

    until: float = field(default_factory=lambda: monotonic() + LONGEST)
    left: int = LARGEST_SESSION

    def wait(self) -> float:
        """Return how many seconds the next read may wait. Raises TooMuchSent at the end."""
        remaining = self.until - monotonic()
        if remaining <= 0:
            raise TooMuchSent("it takes too long")
        return min(TIMEOUT, remaining)

    def count(self, size: int) -> int:
        """Count the bytes of a read and return them. Raises TooMuchSent above the budget."""
        self.left -= size
        if self.left < 0:
            raise TooMuchSent("it sends too much")
        return size


def _budgeted(kind: type[Any], budget: ReadBudget) -> type[Any]:
    """Return a socket class with a budget for its reads; ``makefile`` reads by ``recv_into``."""

    class Budgeted(kind):  # type: ignore[misc]
        def recv_into(self, *args: Any, **kwargs: Any) -> int:
            self.settimeout(budget.wait())
            return budget.count(super().recv_into(*args, **kwargs))

    return Budgeted


class _Client(imaplib.IMAP4):
    """IMAP client of imaplib with a budget; encrypted from the start where a context is given."""

    def __init__(
        self, host: str, port: int, budget: ReadBudget, context: ssl.SSLContext | None
    ) -> None:
        self._budget, self._from_start = budget, context
        super().__init__(host, port, TIMEOUT)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        kind = _budgeted(socket.socket, self._budget)
        # Connects to the checked address itself, so that DNS can't change in between.
        made = outbound.connect(self.host, self.port, timeout, kind=kind)
        if self._from_start is None:
            return made
        return self._from_start.wrap_socket(made, server_hostname=self.host)

    def read(self, size: int) -> bytes:
        """Read a literal. Raises TooMuchSent before memory is taken for a large one."""
        if size > LARGEST_LITERAL:
            raise TooMuchSent(f"it wants to send {size} bytes at once")
        return super().read(size)


class BoundedMailBox(BaseMailBox):
    """Mailbox of imap_tools on a connection with a budget. ``security``: tls, starttls or none."""

    def __init__(self, host: str, port: int, security: str) -> None:
        self.budget = ReadBudget()
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
        """Sign in to the mailbox. Raises SignInRefused with a sentence, or MailboxLoginError.

        LOGIN is made for ASCII. Other letters are sent by AUTH=PLAIN where the server has it.
        """
        if not LINE_END.isdisjoint(username + password):
            raise SignInRefused("User name or password holds a line end. Set the password again.")
        if (username + password).isascii():
            self.login(username, password, initial_folder=None)
        elif "AUTH=PLAIN" in self.client.capabilities:
            self._sign_in_plain(username, password)
        else:
            # Most servers take UTF-8 here, though no standard names the charset of LOGIN.
            self.client._encoding = "utf-8"  # type: ignore[attr-defined]
            self.login(username, password, initial_folder=None)

    def _sign_in_plain(self, username: str, password: str) -> None:
        try:
            self.login_utf8(username, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:  # imaplib's error for a refusal
            raise MailboxLoginError(("NO", [b""]), "OK") from error

    def sign_out(self) -> None:
        """Log out and close the connection, whatever the server answers."""
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
        client.shutdown()  # else the socket stays open until it is collected
        raise
