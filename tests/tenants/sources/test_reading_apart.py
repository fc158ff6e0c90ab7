"""A file that takes too much is refused, and nothing but its own process ends."""

import os
import resource
import zlib
from dataclasses import replace

import pytest

from tenants.errors import Invalid
from tenants.sources import reading_apart
from tenants.sources.readers import Piece, reader_for
from tenants.sources.reading_apart import SMALL, FileLimits, read_apart
from tests.tenants.sources.test_readers import pdf

READ = {
    "a.pdf": pdf("Damaged items are refunded."),
    "a.html": b"<h1>Returns</h1>" + b"<p>In 30 days.</p>" * 2000,
    "a.md": b"# Returns\n\n" + b"In 30 days.\n\n" * 2000,
    "a.txt": b"In 30 days.\n\n" * 2000,
    "a.csv": b"id,note\n" + b"".join(b"%d,some note\n" % n for n in range(2000)),
    "a.json": b"[" + b",".join(b'{"id": %d, "n": {"a": [1]}}' % n for n in range(2000)) + b"]",
}


@pytest.mark.parametrize("filename", READ)
def test_a_file_is_read_apart_as_it_is_read_here(filename: str) -> None:
    kind = "records" if filename.endswith(("csv", "json")) else "document"
    reader, content = reader_for(filename, kind), READ[filename]
    assert len(content) > SMALL or filename == "a.pdf"
    assert read_apart(reader, content) == reader.read(content)
    assert isinstance(read_apart(reader, content)[0], Piece if kind == "document" else dict)


@pytest.mark.parametrize(
    ("filename", "content", "said"),
    [
        ("a.pdf", b"this is no PDF", "damaged or locked"),
        ("a.txt", b"x" * SMALL + b"\xff", "not UTF-8"),
        ("a.html", b"x" * SMALL + b"\xff", "not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_as_here(
    filename: str, content: bytes, said: str
) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        read_apart(reader_for(filename, "document"), content)
    assert refused.value.code == "unreadable_source"


def bomb() -> bytes:
    """A PDF of 2 MB whose one page is 2 GB, twice compressed."""
    packer = zlib.compressobj(9)
    page = b"".join(packer.compress(b"\n" * (1 << 20)) for _ in range(2048)) + packer.flush()
    whole = pdf("x")
    start, end = whole.index(b"<< /Length"), whole.index(b"endstream")
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\n" % (len(page), page)
    return whole[:start] + stream + whole[end:]


def test_a_bomb_ends_in_its_own_process() -> None:
    """G8"""
    content, before = bomb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(Invalid):
        read_apart(reader_for("a.pdf", "document"), content)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    assert used < reading_apart.WAITED_FOR.cpu_seconds + 1


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """G8: with a limit so short that no file keeps it."""
    monkeypatch.setattr(reading_apart, "WAITED_FOR", FileLimits(0.01, 20))
    with pytest.raises(Invalid, match="too much time or memory"):
        read_apart(reader_for("a.pdf", "document"), pdf("x"))


def test_a_process_that_ends_midway_is_a_refusal() -> None:
    gone = replace(reader_for("a.pdf", "document"), name="no such reader")
    with pytest.raises(Invalid, match="too much time or memory"):
        read_apart(gone, b"x" * (SMALL + 1))


def test_the_process_knows_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_SECRET_KEY", "do not look")
    code = 'import os; print(\'{"pieces": [{"a": "%s"}], "end": 1}\' % dict(os.environ))'
    monkeypatch.setattr(reading_apart, "CODE", code)
    (found,) = read_apart(reader_for("a.csv", "records"), b"x" * (SMALL + 1))
    assert "do not look" not in found["a"]
    assert "do not look" in os.environ["HANDRAIL_SECRET_KEY"]
