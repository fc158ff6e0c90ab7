"""One sender for tools and notices: what surely was not sent, what was, and what nobody knows."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy

import pytest
from django.core.mail import EmailMessage
from django.test import override_settings

from tenants.mail.smtp import Fate, from_line, hand_over

GREETING, OK = "220 here", "250 OK"


def mail(**changes: object) -> EmailMessage:
    given = {"subject": "Hi", "body": "Hello", "from_email": "a@b.example", "to": ["c@d.example"]}
    return EmailMessage(**(given | changes))  # type: ignore[arg-type]


@contextmanager
def server(**answers: str | None) -> Iterator[list[str]]:
    """A mail server that answers a command so, and hangs up where the answer is None."""
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb", buffering=0) as lines:
                lines.write(f"{GREETING}\r\n".encode())
                is_mail = False
                while read := lines.readline():
                    line = read.decode().strip()
                    word = "BODY" if is_mail else line.split(":")[0].split(" ")[0].upper()
                    if is_mail and line != ".":
                        continue
                    said.append(word)
                    answer = answers.get(word, "354 go on" if word == "DATA" else OK)
                    if answer is None:
                        return
                    is_mail = word == "DATA" and answer.startswith("354")
                    lines.write(f"{answer}\r\n".encode())

        worker = threading.Thread(target=talk)
        worker.start()
        backend = "django.core.mail.backends.smtp.EmailBackend"
        port = listening.getsockname()[1]
        with override_settings(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
            yield said
        worker.join(5)


@pytest.mark.parametrize(
    ("answers", "fate"),
    [
        ({}, Fate.SENT),
        ({"QUIT": None}, Fate.SENT),
        ({"MAIL": "450 greylisted"}, Fate.NOT_NOW),
        ({"RCPT": "451 later"}, Fate.NOT_NOW),
        ({"RCPT": "421 busy"}, Fate.NOT_NOW),
        ({"DATA": "452 full"}, Fate.NOT_NOW),
        ({"BODY": "451 later"}, Fate.NOT_NOW),
        ({"MAIL": "550 no"}, Fate.REFUSED),
        ({"RCPT": "550 no such person"}, Fate.REFUSED),
        ({"BODY": "554 spam"}, Fate.REFUSED),
        ({"MAIL": None}, Fate.NOT_NOW),
        ({"RCPT": None}, Fate.NOT_NOW),
        ({"BODY": None}, Fate.IN_DOUBT),
    ],
)
def test_what_became_of_a_mail_is_known_as_well_as_it_can_be(
    answers: dict[str, str | None], fate: Fate
) -> None:
    with server(**answers) as said:
        handed = hand_over(mail(), timeout=3)
    assert handed.fate is fate
    assert bool(handed.why) == (fate is not Fate.SENT)
    assert said


def test_a_mail_to_nobody_and_one_that_can_not_be_written_are_refused() -> None:
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=1):
        assert hand_over(mail(subject="a\nb")).fate is Fate.REFUSED
        assert hand_over(mail(body="\ud800")).fate is Fate.REFUSED
    with server() as said:
        assert hand_over(mail(to=[])).fate is Fate.REFUSED
        assert "MAIL" not in said


@pytest.mark.parametrize(
    "name",
    ['24" Wheels', "Bikes\\", 'Joe\'s "Best" Bikes', "Bikes, Ltd.", "Müller", "B <x@y.example>"],
)
def test_a_name_is_quoted_as_it_must_be(name: str) -> None:
    made = mail(from_email=from_line(name, "hello@shop.example")).message().as_string()
    read = message_from_string(made, policy=policy.default)["From"]
    found = [(one.display_name, one.addr_spec) for one in read.addresses]
    assert found == [(name, "hello@shop.example")]


def test_an_address_may_bring_its_own_name() -> None:
    assert from_line("", "Handrail <a@b.example>") == "Handrail <a@b.example>"
    assert from_line("Shop\n1", "Handrail <a@b.example>") == "Shop 1 <a@b.example>"
