"""An IMAP server on loopback, with enough of RFC 3501 to read a mailbox.

    with ImapBox() as box:
        box.put(b"From: mia@customers.example\\r\\n...")
        ...
        assert box.said == [...]

``commands`` is what clients asked, without passwords. ``fault`` breaks the next answer to
a command: ``box.fault["FETCH"] = "drop"`` hangs up, "no" refuses, "garbage" says nonsense.
With ``plain`` it offers AUTHENTICATE PLAIN.
"""

import base64
import re
import socketserver
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

LITERAL = re.compile(rb"\{(\d+)\}$")
STATES = ("OK", "NO", "BAD")


@dataclass(slots=True)
class Stored:
    """A mail as it lies in the mailbox."""

    uid: int
    raw: bytes
    came_at: datetime
    flags: set[str] = field(default_factory=set)


class ImapBox:
    """One account with one folder."""

    def __init__(
        self,
        *,
        user: str = "support",
        password: str = "let me in",
        tls: ssl.SSLContext | None = None,
        plain: bool = False,
        uidplus: bool = True,
    ) -> None:
        self.uidplus = uidplus
        self.user, self.password, self.folder = user, password, "INBOX"
        self.plain = plain
        self.uidvalidity, self.mails = 7, list[Stored]()
        self.next_uid = 1
        self.commands: list[str] = []
        self.fault: dict[str, str] = {}
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Talk)
        self._server.box, self._server.tls = self, tls
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def put(self, raw: bytes, came_at: datetime | None = None) -> int:
        """Deliver a mail. Returns its number."""
        with self.lock:
            uid, self.next_uid = self.next_uid, self.next_uid + 1
            self.mails.append(Stored(uid, raw, came_at or datetime.now(UTC)))
            return uid

    def renumber(self, uidvalidity: int) -> None:
        """What a server does that lost its index: every mail gets another number."""
        with self.lock:
            self.uidvalidity = uidvalidity
            for uid, mail in enumerate(self.mails, 1):
                mail.uid = uid
            self.next_uid = len(self.mails) + 1

    def asked(self, command: str) -> int:
        """How often clients gave this command."""
        return sum(f" {command}" in f" {said}" for said in self.commands)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: ImapBox
    tls: ssl.SSLContext | None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a handshake may fail or wait."""
        with suppress(OSError):
            if self.tls is not None:
                request = self.tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)


class _HangUp(Exception):
    """The fake hangs up."""


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    box: ImapBox

    def handle(self) -> None:
        self.box = self.server.box  # type: ignore[attr-defined]
        self._say(b"* OK fake IMAP4rev1 ready")
        while line := self.rfile.readline():
            tag, _, rest = line.strip().partition(b" ")
            try:
                if not self._do(tag, rest.decode()):
                    return
            except (_HangUp, ConnectionError):
                return

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
        self.wfile.flush()

    def _do(self, tag: bytes, rest: str) -> bool:
        words = rest.split()
        name = words[1].upper() if words[0].upper() == "UID" else words[0].upper()
        with self.box.lock:
            self.box.commands.append("LOGIN …" if name == "LOGIN" else rest)
            fault = self.box.fault.pop(name, "")
        if fault == "drop":
            raise _HangUp
        if fault == "garbage":
            self._say(b"* \xff\x00 what {")
            raise _HangUp
        status = "NO" if fault == "no" else getattr(self, f"_{name.lower()}", self._unknown)(rest)
        said = status if status.startswith(STATES) else f"OK {status}"
        self._say(tag + f" {said} done".encode())
        return name != "LOGOUT"

    def _unknown(self, rest: str) -> str:
        return "BAD"

    def _capability(self, rest: str) -> str:
        offers = b" AUTH=PLAIN" * self.box.plain + b" UIDPLUS" * self.box.uidplus
        self._say(b"* CAPABILITY IMAP4rev1" + offers)
        return "OK"

    def _authenticate(self, rest: str) -> str:
        if not self.box.plain or rest.split()[1:] != ["PLAIN"]:
            return "BAD"
        self._say(b"+ ")
        _, user, password = base64.b64decode(self.rfile.readline()).split(b"\0")
        given = (user.decode(), password.decode())
        return "OK" if given == (self.box.user, self.box.password) else "NO wrong"

    def _noop(self, rest: str) -> str:
        return "OK"

    def _logout(self, rest: str) -> str:
        self._say(b"* BYE see you")
        return "OK"

    def _login(self, rest: str) -> str:
        given = re.findall(r'"((?:[^"\\]|\\.)*)"', rest)
        wanted = [self.box.user, self.box.password]
        if [re.sub(r"\\(.)", r"\1", each) for each in given] == wanted:
            return "OK"
        return f"NO wrong, you said {rest}"

    def _select(self, rest: str) -> str:
        return self._open(rest).replace("READ-ONLY", self.box.fault.pop("SELECTED", "READ-WRITE"))

    def _examine(self, rest: str) -> str:
        return self._open(rest)

    def _open(self, rest: str) -> str:
        if self.box.folder not in rest:
            return "NO"
        with self.box.lock:
            self._say(f"* {len(self.box.mails)} EXISTS".encode())
            self._say(b"* 0 RECENT")
            self._say(f"* OK [UIDVALIDITY {self.box.uidvalidity}] numbers".encode())
            self._say(f"* OK [UIDNEXT {self.box.next_uid}] next".encode())
        return "OK [READ-ONLY]"

    def _append(self, rest: str) -> str:
        size = int(re.search(r"\{(\d+)\}$", rest)[1])  # type: ignore[index]
        self._say(b"+ go on")
        raw = self.rfile.read(size)
        self.rfile.readline()
        if self.box.folder not in rest:
            return "NO [TRYCREATE]"
        uid = self.box.put(raw)
        self.box.mails[-1].flags.update(re.findall(r"\\\w+", rest))
        if self.box.fault.pop("APPENDED", ""):
            raise _HangUp
        return f"OK [APPENDUID {self.box.uidvalidity} {uid}]"

    def _store(self, rest: str) -> str:
        for mail in self.box.mails:
            if str(mail.uid) == rest.split()[2]:
                mail.flags.update(re.findall(r"\\\w+", rest))
        return "OK"

    def _expunge(self, rest: str) -> str:
        uids = rest.split()[2:]
        with self.box.lock:
            self.box.mails = [
                m for m in self.box.mails if "\\Deleted" not in m.flags or str(m.uid) not in uids
            ]
        return "OK"

    def _search(self, rest: str) -> str:
        if named := re.search(r'HEADER Message-ID "([^"]+)" UNDELETED', rest):
            with self.box.lock:
                found = [
                    mail.uid
                    for mail in self.box.mails
                    if f"Message-ID: {named[1]}\r\n".encode() in mail.raw
                    and "\\Deleted" not in mail.flags
                ]
            self._say(b"* SEARCH" + b"".join(b" %d" % uid for uid in found))
            return "OK"
        first = int(re.search(r"UID (\d+):\*", rest)[1])  # type: ignore[index]
        day = re.search(r"SINCE (\S+?)\)?$", rest)
        since = datetime.strptime(day[1], "%d-%b-%Y").date() if day else None
        with self.box.lock:
            last = max((mail.uid for mail in self.box.mails), default=0)
            found = [
                mail.uid
                for mail in self.box.mails
                # A range with "*" always has the last mail in it (RFC 3501, section 6.4.8).
                if (mail.uid >= first or mail.uid == last)
                and (since is None or mail.came_at.date() >= since)
            ]
        self._say(b"* SEARCH" + b"".join(b" %d" % uid for uid in found))
        return "OK"

    def _fetch(self, rest: str) -> str:
        uids = {int(uid) for uid in rest.split()[2].split(",")}
        with self.box.lock:
            mails = [(n, m) for n, m in enumerate(self.box.mails, 1) if m.uid in uids]
        for number, mail in mails:
            self._hand_over(number, mail, rest)
        return "OK"

    def _hand_over(self, number: int, mail: Stored, rest: str) -> None:
        head = f"* {number} FETCH (UID {mail.uid}"
        if "INTERNALDATE" in rest:
            day = mail.came_at.strftime("%d-%b-%Y %H:%M:%S +0000")
            head += f' INTERNALDATE "{day}" RFC822.SIZE {len(mail.raw)}'
        part: Any = re.search(r"BODY(\.PEEK)?\[\]<0\.(\d+)>", rest)
        if part is None:
            self._say(f"{head})".encode())
            return
        if not part[1]:
            mail.flags.add("\\Seen")
        content = mail.raw[: int(part[2])]
        self._say(f"{head} BODY[]<0> {{{len(content)}}}".encode())
        self.wfile.write(content)
        self._say(b")")
