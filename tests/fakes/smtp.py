"""A mail server that delivers nowhere and keeps everything.

    with SmtpSink() as post:
        settings.EMAIL_PORT = post.port
        ...
        assert post.messages[0]["to"] == ["mia@customers.example"]

``answer`` is the SMTP reply after the mail was handed over: "250 OK", "550 no", or None,
which keeps the mail and drops the connection. ``delay`` is in seconds.
"""

import asyncio
import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.fakes.log import Log, arguments, run_until_stopped

Answer = str | None | Callable[[dict[str, Any]], str | None]


class SmtpSink:
    """An SMTP server on loopback."""

    def __init__(
        self,
        *,
        answer: Answer = "250 OK",
        delay: float = 0,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        self.answer, self.delay = answer, delay
        self._log = Log(log)
        self._controller = _Controller(self, port)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Each as ``{from, to, subject, message_id, text, html, raw}``, oldest first."""
        return list(self._log.entries)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """aiosmtpd's entry point for a mail."""
        message = _read(envelope)
        self._log.add(message)
        await asyncio.sleep(self.delay)
        answer = self.answer(message) if callable(self.answer) else self.answer
        if answer is None:
            server.transport.close()
            return "421 gone"
        return answer


class _Controller(Controller):
    """Listens on a port of the system's choosing where none is given."""

    def __init__(self, sink: SmtpSink, port: int) -> None:
        super().__init__(sink, hostname="127.0.0.1", port=port, data_size_limit=2**25)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _read(envelope: Any) -> dict[str, Any]:
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return {
        "from": envelope.mail_from,
        "to": list(envelope.rcpt_tos),
        "subject": message["Subject"] or "",
        "message_id": message["Message-ID"] or "",
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "raw": envelope.content.decode("utf-8", "replace"),
    }


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part is not None else ""


if __name__ == "__main__":
    given = arguments().parse_args()
    run_until_stopped(lambda: SmtpSink(port=given.port, log=given.log))
