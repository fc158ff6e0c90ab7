"""Servers of the sample data: an SMTP mailbox, and a shop that honours idempotency keys.

Run as ``python -m portal.demo.outside FOLDER SMTP_PORT HTTP_PORT``. Mails and requests
are stored in the folder and shown on a page at the HTTP port.
"""

import csv
import html
import json
import sys
import threading
from email import policy
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiosmtpd.controller import Controller

SHOWN = 200
FILES = ("orders", "jobs", "appointments")  # whose rows are answered
CLIENTS = Path(__file__).parent / "clients"
_lock = threading.Lock()


class SampleMailbox:
    """Mailbox that stores every mail as a file (handler of aiosmtpd)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        with _lock:
            number = len(list(self.folder.glob("*.eml"))) + 1
            (self.folder / f"{number:06}.eml").write_bytes(envelope.content)
        return "250 kept"


def sent_mails(folder: Path) -> list[dict[str, str]]:
    """Return the newest SHOWN mails: to, from, subject and text."""
    found = []
    for path in sorted(folder.glob("*.eml"), reverse=True)[:SHOWN]:
        message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        body = message.get_body(("plain",))
        found.append(
            {
                "to": str(message["To"]),
                "from": str(message["From"]),
                "subject": str(message["Subject"]),
                "text": body.get_content() if body else "",
            }
        )
    return found


class Shop:
    """Shop that stores each requested action once for its idempotency key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.done: dict[str, dict[str, Any]] = {(e := json.loads(line))["key"]: e for line in lines}

    def act(self, key: str, where: str, body: Any) -> dict[str, Any]:
        """Store an action and return its entry, or the entry that this key has already."""
        with _lock:
            if key not in self.done:
                entry = {"key": key, "path": where, "body": body, "number": len(self.done) + 1}
                self.done[key] = entry
                with self.path.open("a") as out:
                    out.write(json.dumps(entry) + "\n")
            return self.done[key]

    def state(self, number: Any) -> dict[str, Any]:
        """Return the state of an action: done, cancelled by a later request, or unknown."""
        with _lock:
            entries = list(self.done.values())
        cancelled = [e for e in entries if e["path"].endswith("/cancel")]
        gone = any(e["body"].get("number") == number for e in cancelled)
        known = any(e["number"] == number for e in entries)
        return {"state": "unknown" if not known else "cancelled" if gone else "done"}


def find_row(path: str) -> dict[str, Any]:
    """Return a row of a client's file, asked for at ``/client/file/key``; empty for none.

    Columns with days are left out: in the file they are relative to the day of the demo.
    """
    _, client, name, wanted = map(unquote, path.split("/"))
    if client not in {folder.name for folder in CLIENTS.iterdir()} or name not in FILES:
        return {}
    with (CLIENTS / client / "sources" / f"{name}.csv").open(newline="") as file:
        rows = csv.DictReader(file)
        key = (rows.fieldnames or [""])[0]
        found = next((row for row in rows if row[key] == wanted), {})
    return {
        column: int(value) if column.endswith(("_cents", "_pence")) else value
        for column, value in found.items()
        if "{" not in value
    }


def serve(folder: Path, smtp_port: int, http_port: int) -> None:
    """Run the mailbox and the shop until the process is ended."""
    shop = Shop(folder / "shop.jsonl")
    mailbox = SampleMailbox(folder / "mail")
    smtp = Controller(mailbox, hostname="127.0.0.1", port=smtp_port)
    smtp.start()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or b"{}")
            key = self.headers.get("Idempotency-Key", "")
            if self.path.endswith("/state"):
                answer = shop.state(body.get("number"))
            else:
                answer = shop.act(key, self.path, body)
            self._answer(json.dumps(answer), "application/json")

        def do_GET(self) -> None:
            if self.path.count("/") == 3:
                self._answer(json.dumps(find_row(self.path)), "application/json")
                return
            self._answer(page(mailbox.folder, shop), "text/html; charset=utf-8")

        def _answer(self, text: str, media_type: str) -> None:
            data = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    try:
        ThreadingHTTPServer(("127.0.0.1", http_port), Handler).serve_forever()
    finally:
        smtp.stop()


STYLE = (
    "body{font:15px/1.5 system-ui;margin:2rem auto;max-width:46rem;padding:0 1rem;color:#1c2421}"
    "article{border:1px solid #dcdcd6;border-radius:8px;padding:.75rem 1rem;margin:.75rem 0}"
    "pre{white-space:pre-wrap;font:inherit;margin:.5rem 0 0}small{color:#66706b}"
)


def page(folder: Path, shop: Shop) -> str:
    """Return the page of requests (20 at most) and mails, newest first."""
    actions = "".join(
        f"<article><b>{html.escape(e['path'])}</b> <small>{html.escape(json.dumps(e['body']))}"
        "</small></article>"
        for e in list(shop.done.values())[::-1][:20]
    )
    letters = "".join(
        f"<article><small>to {html.escape(m['to'])} from {html.escape(m['from'])}</small><br>"
        f"<b>{html.escape(m['subject'])}</b><pre>{html.escape(m['text'])}</pre></article>"
        for m in sent_mails(folder)
    )
    return (
        "<!doctype html><html lang=en><meta name=viewport content='width=device-width'>"
        f"<title>Outside</title><style>{STYLE}</style><h1>Outside</h1><p>What the sample clients' "
        f"shop was asked to do, and every mail that was sent.</p><h2>Shop</h2>{actions}"
        f"<h2>Mail</h2>{letters}</html>"
    )


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
