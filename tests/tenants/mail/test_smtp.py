"""One sender for tools and notices: what surely was not sent, what was, and what nobody knows."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy

import pytest
from django.core.mail import EmailMessage
from django.test import override_settings

from tenants.mail.smtp import DeliveryStatus, deliver_mail, from_line

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
        ({}, DeliveryStatus.SENT),
        ({"QUIT": None}, DeliveryStatus.SENT),
        ({"MAIL": "450 greylisted"}, DeliveryStatus.NOT_NOW),
        ({"RCPT": "451 later"}, DeliveryStatus.NOT_NOW),
        ({"RCPT": "421 busy"}, DeliveryStatus.NOT_NOW),
        ({"DATA": "452 full"}, DeliveryStatus.NOT_NOW),
        ({"BODY": "451 later"}, DeliveryStatus.NOT_NOW),
        ({"MAIL": "550 no"}, DeliveryStatus.REFUSED),
        ({"RCPT": "550 no such person"}, DeliveryStatus.REFUSED),
        ({"BODY": "554 spam"}, DeliveryStatus.REFUSED),
        ({"MAIL": None}, DeliveryStatus.NOT_NOW),
        ({"RCPT": None}, DeliveryStatus.NOT_NOW),
        ({"BODY": None}, DeliveryStatus.IN_DOUBT),
    ],
)
def test_what_became_of_a_mail_is_known_as_well_as_it_can_be(
    answers: dict[str, str | None], fate: DeliveryStatus
) -> None:
    with server(**answers) as said:
        handed = deliver_mail(mail(), timeout=3)
    assert handed.status is fate
    assert bool(handed.why) == (fate is not DeliveryStatus.SENT)
    assert said


def test_a_mail_to_nobody_and_one_that_can_not_be_written_are_refused() -> None:
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=1):
        assert deliver_mail(mail(subject="a\nb")).status is DeliveryStatus.REFUSED
        assert deliver_mail(mail(body="\ud800")).status is DeliveryStatus.REFUSED
    with server() as said:
        assert deliver_mail(mail(to=[])).status is DeliveryStatus.REFUSED
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
