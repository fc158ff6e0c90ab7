"""Request bodies: refused by their length before anything reads them, on every address."""

import http.client
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client as Http

from portal.middleware.bodies import BY_ANYBODY, BY_API, BY_FORM, LARGEST, LARGEST_UNMEASURED
from portal.middleware.body_limits import BoundedBodies
from tests.browsing import browser
from tests.processes import processes
from tests.world import World, make_world

MB = 1024 * 1024
ANONYMOUS = (
    "/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/signup/",
    "/accounts/2fa/authenticate/",
    "/invitations/abc/",
    "/desk/",
    "/t/harbor-pine/add-source/",
    "/t/harbor-pine/sources/orders/revise/",
    "/t/harbor-pine/review/",
    "/t/nowhere/add-source/",
    "/static/css/portal.css",
    "/nothing/",
)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever reads a body is noted."""
    readers: list[str] = []
    stream = WSGIRequest.__init__

    def watched(self: WSGIRequest, environ: dict[str, Any]) -> None:
        stream(self, environ)
        real = self._stream.read
        path = environ["PATH_INFO"]
        self._stream.read = lambda *a, **k: (readers.append(path), real(*a, **k))[1]

    monkeypatch.setattr(WSGIRequest, "__init__", watched)
    return readers


@pytest.mark.django_db
@pytest.mark.parametrize("path", ANONYMOUS)
def test_nobody_uploads_more_than_a_short_form(unread: list[str], path: str) -> None:
    """G8: a file sent by nobody is not even looked at."""
    make_world()
    file = SimpleUploadedFile("a.md", b"x" * BY_ANYBODY)
    answer = Http().post(path, {"file": file, "title": "x"})
    assert (answer.status_code, unread) == (413, [])
    assert "Send less" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/runs", "/api/v1/review-items", "/api/nothing"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_the_api_refuses_a_long_body_with_a_problem(
    unread: list[str], path: str, method: str
) -> None:
    """G8, RFC 9457: whatever the key."""
    answer = Http().generic(method, path, b"{" + b" " * BY_API, "application/json")
    assert (answer.status_code, unread) == (413, [])
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"


@pytest.mark.django_db
def test_a_member_sends_forms_and_uploads_files_and_no_more(unread: list[str]) -> None:
    world: World = make_world()
    client, base = browser(world.operator), "/t/harbor-pine"
    big = {"_tenant": "harbor-pine", "file": SimpleUploadedFile("a.md", b"# A\n" + b"x " * MB)}
    assert client.post(f"{base}/sources/returns-policy/revise/", big).status_code == 302
    unread.clear()
    for path in ("review/", "add-workflow/check/", "admin/tenants/source/add/", "notices/devices/"):
        answer = client.post(f"{base}/{path}", {"text": "x" * (BY_FORM + 1)})
        assert answer.status_code == 413, path
    too_big = SimpleUploadedFile("a.md", b"x" * LARGEST)
    answer = client.post(f"{base}/sources/returns-policy/revise/", {"file": too_big})
    assert (answer.status_code, unread) == (413, [])


class Stream(io.RawIOBase):
    """A body without an end, which counts what was read."""

    def __init__(self) -> None:
        self.read_so_far = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "read whole"
        self.read_so_far += size
        return b"x" * size


def through(environ: dict[str, Any]) -> tuple[str, dict[str, Any], bytes]:
    """What the door makes of a request: status, what the inner application saw, body."""
    seen: dict[str, Any] = {}
    said: list[str] = []

    def inner(inside: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(inside, body=inside["wsgi.input"].read(int(inside.get("CONTENT_LENGTH") or 0)))
        start("200 OK", [])
        return [b"fine"]

    base = {"REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/runs", "wsgi.input": Stream()}
    body = BoundedBodies(inner)({**base, **environ}, lambda status, headers: said.append(status))
    return said[0], seen, b"".join(body)


def test_a_body_without_a_length_is_read_to_the_limit_and_not_beyond() -> None:
    endless = Stream()
    status, seen, body = through({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": endless})
    assert (status, seen) == ("413 Content Too Large", {})
    assert json.loads(body)["status"] == 413
    assert endless.read_so_far == LARGEST_UNMEASURED + 1


def test_a_short_body_without_a_length_is_handed_on_with_one() -> None:
    status, seen, _ = through({"wsgi.input": io.BytesIO(b'{"a": 1}')})
    assert (status, seen["CONTENT_LENGTH"], seen["body"]) == ("200 OK", "8", b'{"a": 1}')


@pytest.mark.parametrize("length", ["-1", "1e9", "+5", "0x10", "5, 5", "５", "9" * 400])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    status, seen, _ = through({"CONTENT_LENGTH": length})
    assert (status[:3] in ("400", "413"), seen) == (True, {})


def test_a_body_longer_than_any_address_takes_does_not_reach_django() -> None:
    for path in ("/", "/static/x", "/api/v1/runs", "/t/a/add-source/"):
        status, seen, _ = through({"CONTENT_LENGTH": str(LARGEST + 1), "PATH_INFO": path})
        assert (status, seen) == ("413 Content Too Large", {})


# -- Over a wire ------------------------------------------------------------------------------


@pytest.fixture
def web(committed: None, tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    with processes(tmp_path) as run:
        address = run.web()
        yield urlsplit(address).netloc, psutil.Process(run.children[-1].pid)


def memory(web: psutil.Process) -> int:
    return sum(p.memory_info().rss for p in [web, *web.children(recursive=True)])


def sent(host: str, path: str, *, megabytes: int, chunked: bool) -> int | None:
    """The status of the answer; None where the connection was closed while we were sending."""
    talk = http.client.HTTPConnection(host, timeout=30)
    talk.putrequest("POST", path)
    talk.putheader("Content-Type", "application/json")
    if chunked:
        talk.putheader("Transfer-Encoding", "chunked")
    else:
        talk.putheader("Content-Length", str(megabytes * MB))
    part = b"x" * MB
    try:
        talk.endheaders()
        for _ in range(megabytes):
            talk.send(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        if chunked:
            talk.send(b"0\r\n\r\n")
    except OSError:
        pass
    try:
        return talk.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        talk.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_90_mb_cost_the_web_no_memory_and_no_time(
    web: tuple[str, psutil.Process], chunked: bool
) -> None:
    """G8."""
    host, process = web
    before, began = memory(process), time.monotonic()
    for path in ("/api/v1/runs", "/accounts/login/", "/t/x/add-source/"):
        assert sent(host, path, megabytes=90, chunked=chunked) in (413, None)
    assert memory(process) - before < 64 * MB
    assert time.monotonic() - began < 20
    talk = http.client.HTTPConnection(host, timeout=10)
    talk.request("GET", "/accounts/login/")
    assert talk.getresponse().status == 200


def test_a_chunked_body_of_usual_size_is_read(web: tuple[str, psutil.Process]) -> None:
    host, _ = web
    talk = http.client.HTTPConnection(host, timeout=10)
    talk.request("POST", "/accounts/login/", iter([b"login=a%40b.example&", b"password=x"]))
    assert talk.getresponse().status == 403  # it was read: what lacks is the CSRF token
