"""A hostile mail server: what it can send, and for how long, has an end."""

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from tests.fakes.doors import allow
from workflows.triggers.mail import imap, imap_connection

READY = b"* OK ready\r\n"
SELECTED = b"* OK [UIDVALIDITY 7] there\r\n%s OK [READ-ONLY] done\r\n"
Script = Callable[[socket.socket, bytes, bytes], bool]


@contextmanager
def server(script: Script, *, greeting: bytes = READY) -> Iterator[int]:
    """A server that lets anybody in; ``script`` answers a line and says whether to go on."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            talk, _ = listening.accept()
            with talk:
                talk.sendall(greeting)
                for line in talk.makefile("rb"):
                    tag, _, rest = line.strip().partition(b" ")
                    usual = {b"LOGIN": b"%s OK in\r\n", b"EXAMINE": SELECTED, b"SELECT": SELECTED}
                    name = rest.split()[0].upper()
                    if name in usual:
                        talk.sendall(usual[name] % tag)
                    elif name == b"CAPABILITY":
                        talk.sendall(b"* CAPABILITY IMAP4rev1\r\n%s OK done\r\n" % tag)
                    elif not script(talk, tag, rest):
                        over.wait(30)
                        return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listening.getsockname()[1]
    allow(f"127.0.0.1:{port}")
    try:
        yield port
    finally:
        over.set()
        listening.close()
        thread.join(5)


def look(port: int, security: str = "none") -> imap.Fetched:
    where = imap.ImapAddress("127.0.0.1", port, security, "support", "let me in", "INBOX")
    return imap.fetch(where, imap.Mark(None, 0, datetime(2026, 1, 1, tzinfo=UTC)))


def about(talk: socket.socket, tag: bytes, rest: bytes) -> bool:
    """One mail is there; its text is asked for next."""
    if b"SEARCH" in rest:
        talk.sendall(b"* SEARCH 1\r\n%s OK done\r\n" % tag)
        return True
    if b"RFC822.SIZE" in rest:
        date = b'INTERNALDATE "17-Nov-2026 12:00:00 +0000"'
        talk.sendall(b"* 1 FETCH (UID 1 %s RFC822.SIZE 9)\r\n%s OK done\r\n" % (date, tag))
        return True
    return False


def test_a_literal_of_700_mb_is_not_read() -> None:
    """G8."""

    def huge(talk: socket.socket, tag: bytes, rest: bytes) -> bool:
        if about(talk, tag, rest):
            return True
        talk.sendall(b"* 1 FETCH (UID 1 BODY[] {734003200}\r\n")
        with suppress(OSError):
            for _ in range(700):
                talk.sendall(b"x" * 1024 * 1024)
        return False

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with server(huge) as port:
        found = look(port)
    assert "wants to send 734003200 bytes" in found.problem
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_lines_without_an_end_are_cut_off() -> None:
    """G8: each line is small, and there is always another."""

    def chatter(talk: socket.socket, tag: bytes, rest: bytes) -> bool:
        with suppress(OSError):
            while True:
                talk.sendall(b"* 1 EXISTS\r\n" * 10_000)
        return False

    with server(chatter) as port:
        assert "sends too much" in look(port).problem


@pytest.mark.parametrize("greeting", [READY, b""])
def test_a_byte_a_second_has_an_end(monkeypatch: pytest.MonkeyPatch, greeting: bytes) -> None:
    """G8: the time is that of the whole connection, not of each answer."""
    monkeypatch.setattr(imap_connection, "LONGEST", 3.0)
    monkeypatch.setattr(imap_connection, "TIMEOUT", 2)

    def slow(talk: socket.socket, tag: bytes, rest: bytes) -> bool:
        with suppress(OSError):
            for _ in range(30):
                talk.sendall(b"*")
                time.sleep(0.5)
        return False

    began = time.monotonic()
    with server(slow, greeting=greeting) as port:
        found = look(port)
    assert found.problem
    assert time.monotonic() - began < 12


def test_no_goodbye_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never says BYE costs a few seconds, and what was read counts."""
    monkeypatch.setattr(imap_connection, "LOGOUT_SECONDS", 1.0)

    def silent(talk: socket.socket, tag: bytes, rest: bytes) -> bool:
        if rest.startswith(b"LOGOUT"):
            return False
        if not about(talk, tag, rest):
            talk.sendall(b"* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n%s OK done\r\n" % tag)
        return True

    began = time.monotonic()
    with server(silent) as port:
        found = look(port)
    assert (found.problem, [mail.content for mail in found.mails]) == ("", [b"hello"])
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "said",
    [
        b"* SEARCH 99999999999999999999999\r\n%s OK done\r\n",
        b"* SEARCH " + b"9" * 5000 + b"\r\n%s OK done\r\n",
        b"* SEARCH -1\r\n%s OK done\r\n",
        b"* SEARCH \xff\xfe\r\n%s OK done\r\n",
        b"%s OK\r\n",
        b"* {0}\r\n%s BAD\r\n",
        b"\r\n\r\n",
        b"* BYE\r\n",
    ],
)
def test_nonsense_is_a_problem_to_read(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(imap_connection, "TIMEOUT", 1)

    def strange(talk: socket.socket, tag: bytes, rest: bytes) -> bool:
        talk.sendall(said % tag if b"%s" in said else said)
        return True

    with server(strange) as port:
        found = look(port)
    assert found.problem.startswith(f"127.0.0.1:{port} ")
    # The sentence says what to do, and holds no words of the programming language.
    assert found.problem.endswith((" Look into that server.", " It is tried again later."))
    assert "limit" not in found.problem
    assert "codec" not in found.problem
    assert found.mails == ()


def test_a_server_inside_is_not_connected_to() -> None:
    """G3, G9: by name or by number, unless it is named."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.3)
    port = listening.getsockname()[1]
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433"):
        where = imap.ImapAddress(host, port, "tls", "support", "let me in", "INBOX")
        found = imap.fetch(where, imap.Mark(None, 0, datetime.now(UTC)))
        assert "leads to an address inside" in found.problem
    with pytest.raises(TimeoutError):
        listening.accept()
    listening.close()
