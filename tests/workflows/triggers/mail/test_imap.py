"""Mailboxes on a real IMAP server: what is sent to it, and what is said when it fails."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tenants.errors import Invalid
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from workflows.triggers.mail import imap


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(Invalid, match="Without TLS"):
        imap.check_mail_host("imap.example", 143, "none", ["imap.example:143"])


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (folder / "both.pem").write_bytes(secret + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    """The password is not sent before the server has shown who it is."""
    with ImapBox(tls=certificate(tmp_path)) as box:
        allow(f"127.0.0.1:{box.port}")
        where = imap.ImapAddress("127.0.0.1", box.port, "tls", box.user, box.password, "INBOX")
        found = imap.fetch(where, imap.Mark(None, 0, datetime.now(UTC)))
        assert "can't be trusted" in found.problem
        assert box.commands == []


def test_a_server_without_tls_gets_no_password(box: ImapBox) -> None:
    for security in ("tls", "starttls"):
        where = imap.ImapAddress("127.0.0.1", box.port, security, box.user, box.password, "INBOX")
        assert imap.fetch(where, imap.Mark(None, 0, datetime.now(UTC))).problem
    assert box.asked("LOGIN") == 0


def test_nobody_there_is_a_problem_to_read() -> None:
    allow("127.0.0.1:1")
    where = imap.ImapAddress("127.0.0.1", 1, "none", "u", "p", "INBOX")
    found = imap.fetch(where, imap.Mark(None, 0, datetime.now(UTC)))
    assert found.problem.startswith("No connection to 127.0.0.1:1")


def test_an_ancient_date_of_arrival_is_read() -> None:
    """Days below ten come with a space in front."""
    said = imap._date(b'1 (UID 2 INTERNALDATE " 7-Nov-2026 09:00:00 +0100" RFC822.SIZE 3)')
    assert said == datetime(2026, 11, 7, 8, tzinfo=UTC)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("password", ["Grüße-2026", "日本", 'a"b\\c', " with space ", "p{3}", "*"])
def test_a_password_is_sent_as_people_have_it(password: str, plain: bool) -> None:
    with ImapBox(password=password, plain=plain) as box:
        allow(f"127.0.0.1:{box.port}")
        where = imap.ImapAddress("127.0.0.1", box.port, "none", box.user, password, "INBOX")
        assert imap.fetch(where, imap.Mark(None, 0, datetime.now(UTC))).problem == ""
        wrong = imap.ImapAddress("127.0.0.1", box.port, "none", box.user, f"{password}é", "INBOX")
        refused = imap.fetch(wrong, imap.Mark(None, 0, datetime.now(UTC))).problem
        assert "refused the user name or the password" in refused


def test_a_password_with_a_line_end_is_not_sent(box: ImapBox) -> None:
    where = imap.ImapAddress("127.0.0.1", box.port, "none", box.user, "a\r\nb LOGOUT", "INBOX")
    said = imap.fetch(where, imap.Mark(None, 0, datetime.now(UTC))).problem
    assert "line end" in said
    assert box.asked("LOGIN") == 0


@pytest.mark.parametrize(
    ("host", "port", "security", "code"),
    [
        ("imap.example", 993, "tls", "host_not_allowed"),
        ("imap.example", 143, "none", "no_tls"),
    ],
)
def test_a_mailbox_is_read_at_allowed_hosts_and_never_in_the_clear(
    host: str, port: int, security: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        imap.check_mail_host(host, port, security, ["IMAP.example:143"])
    assert refused.value.code == code


@pytest.mark.parametrize(("said", "number"), [("1", 1), (b"4294967295", 4294967295)])
def test_a_number_of_imap_is_read(said: object, number: int) -> None:
    assert imap._number(said) == number


@pytest.mark.parametrize("said", ["0", "-1", "4294967296"])
def test_a_number_that_imap_does_not_have_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="otherwise than IMAP allows"):
        imap._number(said)


def test_a_size_is_kept_as_far_as_the_column_goes() -> None:
    sizes = (b"0", b"2147483647", b"2147483648", b"9" * 400)
    assert [imap._size(said) for said in sizes] == [0, 2147483647, 2147483647, 2147483647]


def test_a_mail_without_a_date_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="does not say when a mail came"):
        imap._date(b"1 (UID 2)")


ADDRESS = imap.ImapAddress("imap.example", 993, "tls", "mia", "let me in", "Help")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "imap.example:993 did not answer within"),
        (OSError(111, "Connection refused"),
         "No connection to imap.example:993: Connection refused. Check host, port and encryption."),
        (OSError(), "No connection to imap.example:993: it broke off."),
        (UnicodeEncodeError("ascii", "ü", 0, 1, "no"), "imap.example:993 can't be told the folder"),
        (imap.BadAnswer("It did not hand over a mail."),
         "imap.example:993 answered something unexpected. It did not hand over a mail. Look into"),
        (ValueError("hm"), "imap.example:993 answered something unexpected. Look into that"),
    ],
)  # fmt: skip
def test_what_went_wrong_is_a_sentence(error: Exception, said: str) -> None:
    found = imap._problem_sentence(error, ADDRESS)
    assert found.startswith(said)
    assert found.endswith(".")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("LOGIN mia let me in", "LOGIN mia …"),
        ("nothing of it", "nothing of it"),
        ("x" * 1000, "x" * 400),
    ],
)
def test_what_a_server_says_never_shows_the_password(said: str, left: str) -> None:
    assert imap._without_password(said, ADDRESS) == left


def test_a_password_is_not_in_what_is_written_of_an_address() -> None:
    assert "let me in" not in repr(ADDRESS)
