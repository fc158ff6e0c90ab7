"""Runs that start from mail, read from a real IMAP server on loopback."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection

from audit import outbox
from audit.models import Event, Outbox
from tenants import clock
from tenants.errors import Conflict, DomainError, Forbidden, Invalid
from tenants.services.keys import set_secret
from tenants.services.tenants import change_tenant, resume_everything, stop_everything
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from workflows.definitions.problems import DefinitionError
from workflows.models import InboundMail, Mailbox, Run, Trigger
from workflows.services import definitions
from workflows.services.runs import start_run
from workflows.triggers.mail import imap, mailboxes, mime
from workflows.triggers.mail.mailboxes import POLL
from workflows.triggers.starting import STARTER

FROM_MAIL = "{mail: {mailbox: support}}"
CANARY = "let me in"


def letter(
    text: str = "My lamp is broken.",
    *,
    sender: str = "Mia Chen <mia@customers.example>",
    message_id: str = "<one@customers.example>",
    **headers: str,
) -> bytes:
    """The bytes of a plain mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "support@harbor.example", "Broken lamp"
    if message_id:
        mail["Message-ID"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


@pytest.fixture
def box() -> Iterator[ImapBox]:
    with ImapBox(password=CANARY) as opened:
        allow(f"127.0.0.1:{opened.port}")
        yield opened


@pytest.fixture
def mailbox(lane: Lane, box: ImapBox) -> Mailbox:
    """Harbor's support mailbox, and a workflow that starts from it."""
    staff = lane.world.staff(lane.client)
    hosts = [*lane.tenant().allowed_hosts, f"127.0.0.1:{box.port}"]
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=hosts)
    made = add(lane, box)
    lane.use(definition(REPLY, slug="support", on=FROM_MAIL))
    outbox.drain()
    assert Run.objects.count() == 0
    return made


def add(lane: Lane, box: ImapBox, **changes: object) -> Mailbox:
    given = {
        "name": "support",
        "address": "support@harbor.example",
        "host": "127.0.0.1",
        "port": box.port,
        "security": "none",
        "username": box.user,
        "password": box.password,
    }
    return mailboxes.add_mailbox(**(given | changes), actor=lane.world.staff(lane.client))  # type: ignore[arg-type]


def come(box: ImapBox, *raw: bytes) -> None:
    """Mail comes now, and is looked for."""
    for each in raw:
        box.put(each, clock.now())
    look()


def look(minutes: float = 16) -> None:
    clock.pass_time(timedelta(minutes=minutes))
    outbox.drain()


def runs() -> list[Run]:
    return list(Run.objects.filter(trigger="mail").order_by("id"))


def rows() -> list[tuple[str, str]]:
    """What became of each mail."""
    return list(InboundMail.objects.order_by("id").values_list("outcome", "why"))


# -- What starts ---------------------------------------------------------------------------


def test_a_mail_starts_a_run(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, letter(In_Reply_To="<before@harbor.example>"))
    (run,) = runs()
    assert run.input == {
        "from": "mia@customers.example",
        "subject": "Broken lamp",
        "message": "My lamp is broken.",
        "message_id": "<one@customers.example>",
        "in_reply_to": "<before@harbor.example>",
        "attachments": [],
    }
    assert run.asked_by == "mia@customers.example"
    assert run.status == "waiting"
    row = InboundMail.objects.get()
    assert (row.outcome, row.run_id, row.sender) == ("started", run.pk, "mia@customers.example")
    assert Trigger.objects.get().last_run_id == run.pk
    look()
    look()
    assert len(runs()) == 1


def test_nothing_in_the_mailbox_is_changed(mailbox: Mailbox, box: ImapBox) -> None:
    """Other programs read it too: no flag is set, and it is opened for reading only."""
    come(box, letter())
    assert [mail.flags for mail in box.mails] == [set()]
    assert box.asked("SELECT") == 0
    assert box.asked("EXAMINE") > 0


def test_mail_that_was_there_before_starts_nothing(lane: Lane, box: ImapBox) -> None:
    staff = lane.world.staff(lane.client)
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=[f"127.0.0.1:{box.port}"])
    for n in range(45):
        old = clock.now() - timedelta(minutes=45 - n)
        box.put(letter(message_id=f"<{n}@old.example>"), old)
    add(lane, box)
    lane.use(definition(REPLY, slug="support", on=FROM_MAIL))
    outbox.drain()
    come(box, letter())
    assert [run.input["message_id"] for run in runs()] == ["<one@customers.example>"]
    assert Mailbox.objects.get().last_uid == 46


def test_many_mails_come_in_batches_each_once(mailbox: Mailbox, box: ImapBox) -> None:
    come(
        box,
        *(
            letter(message_id=f"<{n}@c.example>", sender=f"c{n % 5}@c.example")
            for n in range(2 * imap.BATCH + 5)
        ),
    )
    assert [run.input["message_id"] for run in runs()] == [f"<{n}@c.example>" for n in range(45)]


def test_the_same_mail_delivered_twice_starts_one_run(mailbox: Mailbox, box: ImapBox) -> None:
    """Sent to two addresses that lead to one mailbox; a list may add a line to one."""
    come(box, letter(), letter(), letter("My lamp is broken.\n-- \nVia the list"))
    assert len(runs()) == 1
    assert [outcome for outcome, _ in rows()] == ["started", "ignored", "ignored"]


def test_somebody_elses_mail_with_the_same_id_is_not_lost(mailbox: Mailbox, box: ImapBox) -> None:
    """Whoever guesses a Message-ID can't keep another's mail from starting its run."""
    come(box, letter(sender="eve@elsewhere.example"), letter())
    assert [run.asked_by for run in runs()] == ["eve@elsewhere.example", "mia@customers.example"]


def test_mail_without_an_id_is_told_apart_by_what_it_says(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, letter("One.", message_id=""), letter("Two.", message_id=""))
    come(box, letter("One.", message_id=""))
    assert [run.input["message"] for run in runs()] == ["One.", "Two."]


def test_a_server_that_numbers_anew_loses_and_doubles_nothing(
    mailbox: Mailbox, box: ImapBox
) -> None:
    """UIDVALIDITY changed: numbers start over, and a mail came in between."""
    come(box, *(letter(message_id=f"<{n}@c.example>") for n in range(3)))
    box.put(letter(message_id="<new@c.example>"), clock.now())
    box.renumber(99)
    look()
    ids = [run.input["message_id"] for run in runs()]
    assert ids == ["<0@c.example>", "<1@c.example>", "<2@c.example>", "<new@c.example>"]


def test_a_worker_that_died_before_it_settled_reads_again_and_starts_once(
    mailbox: Mailbox, box: ImapBox
) -> None:
    """The look was made, its result never written; then the result of a late one comes."""
    box.put(letter(), clock.now())
    clock.pass_time(timedelta(minutes=2))
    row = Outbox.objects.get(topic=POLL)
    claimed = outbox.claim(row.pk)
    assert claimed is not None
    from workflows.triggers.mail.poll import poll_mailbox

    late = poll_mailbox(claimed)
    assert late is not None
    fetched = late.perform()  # type: ignore[union-attr]
    assert runs() == []
    look()  # the lease ran out and another worker came
    assert len(runs()) == 1
    assert outbox.complete(claimed) is False
    late.store_result(fetched)  # type: ignore[union-attr]
    outbox.drain()
    assert len(runs()) == 1


def test_added_input_goes_along(lane: Lane, mailbox: Mailbox, box: ImapBox) -> None:
    text = definition(
        REPLY, slug="support", on="{mail: {mailbox: support, input: {channel: shop, n: 3}}}"
    )
    definitions.publish(lane.workflow, text=text, actor=lane.world.staff(lane.client))
    come(box, letter())
    assert {"channel": "shop", "n": 3, "from": "mia@customers.example"}.items() <= runs()[
        0
    ].input.items()


# -- What does not -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (letter(Auto_Submitted="auto-replied"), "by a machine"),
        (letter(Auto_Submitted="auto-generated; type=x"), "by a machine"),
        (letter(X_Autoreply="yes"), "by a machine"),
        (letter(Precedence="bulk"), "in bulk"),
        (letter(List_Id="<news.example>"), "to a list"),
        (letter(Return_Path="<>"), "bounce"),
        (letter(sender="MAILER-DAEMON@mx.example"), "takes no answers"),
        (letter(sender="hello@harbor-pine.example"), "of our own"),
        (letter(sender="Support <SUPPORT@harbor.example>"), "of our own"),
        (letter(message_id="<abc@localhost.localdomain>"), "sent by us"),
        (letter(sender="undisclosed"), "names no sender"),
        (
            b"From: mx@mx.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b--\r\n",
            "bounce",
        ),
    ],
)
def test_machines_lists_and_our_own_mail_start_nothing(
    mailbox: Mailbox, box: ImapBox, raw: bytes, why: str
) -> None:
    """Two machines that answer each other would never stop."""
    come(box, raw, letter())
    assert len(runs()) == 1
    outcome, said = rows()[0]
    assert outcome == "ignored"
    assert why in said


def test_an_ordinary_auto_submitted_no_is_a_person(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, letter(Auto_Submitted="no"))
    assert len(runs()) == 1


def test_a_machine_that_hides_is_stopped_after_twenty_an_hour(
    mailbox: Mailbox, box: ImapBox
) -> None:
    come(box, *(letter(message_id=f"<{n}@bot.example>") for n in range(25)))
    assert len(runs()) == 20
    assert "may be a machine" in rows()[-1][1]


def test_a_stopped_client_and_a_paused_workflow_leave_mail_where_it_is(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    stop_everything(actor=lane.client.actor())
    come(box, letter())
    asked = len(box.commands)
    look()
    assert runs() == []
    assert len(box.commands) == asked  # not even looked at
    resume_everything(actor=lane.client.actor())
    definitions.pause(lane.workflow, actor=lane.client.actor())
    look()
    assert runs() == []
    definitions.unpause(lane.workflow, actor=lane.client.actor())
    look()
    assert len(runs()) == 1


def test_a_mailbox_that_nothing_starts_from_is_not_read(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    text = definition(REPLY, slug="support")
    definitions.publish(lane.workflow, text=text, actor=lane.world.staff(lane.client))
    look()
    box.commands.clear()
    come(box, letter())
    assert box.commands == []
    assert Outbox.objects.filter(topic=POLL).count() == 0


# -- Failing -------------------------------------------------------------------------------


def verbs() -> list[str]:
    return [v for v in Event.objects.order_by("id").values_list("verb", flat=True) if "mailb" in v]


def test_three_failed_looks_raise_one_alarm_and_its_end_is_recorded(
    mailbox: Mailbox, box: ImapBox
) -> None:
    box.password = "changed"
    for _ in range(5):
        look()
    failing = Mailbox.objects.get()
    assert failing.failures == 5
    assert "Set the password again" in failing.problem
    assert verbs() == ["mailbox.added", "mailbox.failing"]
    box.put(letter(), clock.now())
    box.password = CANARY
    look()
    assert verbs() == ["mailbox.added", "mailbox.failing", "mailbox.works"]
    assert Mailbox.objects.get().problem == ""
    assert len(runs()) == 1


@pytest.mark.parametrize("fault", ["drop", "no", "garbage"])
@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "SEARCH", "FETCH", "LOGOUT"])
def test_a_server_that_breaks_off_anywhere_costs_nothing(
    mailbox: Mailbox, box: ImapBox, command: str, fault: str
) -> None:
    box.fault[command] = fault
    come(box, letter())
    look()
    assert len(runs()) == 1
    assert Mailbox.objects.get().problem == ""


def test_a_server_that_repeats_the_password_does_not_make_us_say_it(
    mailbox: Mailbox, box: ImapBox, super_connection: object
) -> None:
    """G5: a refused login answers with what was sent."""
    box.user = "another"
    for _ in range(4):
        look()
    assert Mailbox.objects.get().failures == 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM audit_event e")
        said = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT row_to_json(m)::text FROM workflows_mailbox m")
        said += [row[0] for row in cursor.fetchall()]
    assert CANARY not in " ".join(said)


def test_a_host_taken_off_the_list_is_not_called(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    change_tenant(lane.tenant(), actor=lane.world.staff(lane.client), allowed_hosts=["x.example"])
    box.commands.clear()
    come(box, letter())
    assert box.commands == []
    assert "allowed hosts" in Mailbox.objects.get().problem


def test_a_missing_secret_is_a_problem_to_read(lane: Lane, mailbox: Mailbox, box: ImapBox) -> None:
    Mailbox.objects.update(secret="gone")
    come(box, letter())
    assert "There is no secret called gone" in Mailbox.objects.get().problem
    set_secret(name="gone", value=CANARY, actor=lane.world.staff(lane.client))
    look()
    assert len(runs()) == 1


def test_a_slow_server_is_left_for_a_while_and_nothing_is_skipped(
    mailbox: Mailbox, box: ImapBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look then brings one mail only."""
    monkeypatch.setattr(imap, "LONGEST_POLL", -1)
    came = [letter(message_id=f"<{n}@c.example>") for n in range(4)]
    came[1] = letter(message_id="<1@c.example>", Precedence="bulk")
    come(box, *came)
    ids = [run.input["message_id"] for run in runs()]
    assert ids == ["<0@c.example>", "<2@c.example>", "<3@c.example>"]
    assert box.asked("LOGIN") >= 4


def test_no_client_takes_a_mails_place_with_its_key(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    """W1, W2: keys of clients live in a space of their own, apart from ours."""
    sent = mime.read(letter(message_id="<first@c.example>"))
    for key in (f"mail:{mailbox.pk}:{sent.key}", f"mail:{mailbox.pk}:<first@c.example>"):
        start_run(
            lane.workflow, input={"message": "x"}, trigger="api", actor=STARTER, idempotency_key=key
        )
    come(box, letter(message_id="<first@c.example>"))
    assert [run.input["message_id"] for run in runs()] == ["<first@c.example>"]


# -- Configuring ---------------------------------------------------------------------------


def test_a_mailbox_is_looked_into_once_when_it_is_added(lane: Lane, box: ImapBox) -> None:
    """The connection is tried by a worker, not in the request."""
    change_tenant(
        lane.tenant(),
        actor=lane.world.staff(lane.client),
        allowed_hosts=[f"127.0.0.1:{box.port}"],
    )
    made = add(lane, box, folder="Nowhere")
    assert box.commands == []
    outbox.drain()
    assert "no folder Nowhere" in Mailbox.objects.get().problem
    mailboxes.change_mailbox(made, actor=lane.world.staff(lane.client), folder="INBOX")
    outbox.drain()
    assert Mailbox.objects.get().problem == ""
    assert Mailbox.objects.get().worked_at == clock.now()
    look()
    assert Outbox.objects.filter(topic=POLL).count() == 0


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"host": "elsewhere.example"}, Invalid, "allowed hosts"),
        ({"port": 1}, Invalid, "allowed hosts"),
        ({"password": ""}, Invalid, "Give the password"),
        ({"every": 1}, Invalid, "Look every"),
        ({"address": "nonsense"}, Invalid, "valid email"),
        ({"security": "rot13"}, Invalid, "valid choice"),
        ({"name": "support"}, Conflict, "already"),
    ],
)
def test_a_mailbox_that_can_not_be_is_refused(
    lane: Lane,
    mailbox: Mailbox,
    box: ImapBox,
    changes: dict[str, object],
    error: type[DomainError],
    said: str,
) -> None:
    with pytest.raises(error) as refused:
        add(lane, box, **({"name": "second"} | changes))
    assert said in refused.value.message


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


def test_the_client_does_not_set_mailboxes(lane: Lane, mailbox: Mailbox) -> None:
    with pytest.raises(Forbidden):
        mailboxes.change_mailbox(mailbox, actor=lane.client.actor(), folder="x")


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("{mail: {mailbox: nowhere}}", "There is no mailbox called nowhere."),
        ("{mail: {mailbox: support}}", "Mail to support starts support already."),
        ("{mail: {mailbox: support, input: {from: me}}}", "from comes from the mail"),
        ("{mail: {mailbox: Support}}", "String should match"),
        ("{carrier-pigeon: {}}", "There is no such setting here."),
    ],
)
def test_what_is_wrong_with_a_mail_trigger_is_said(
    lane: Lane, mailbox: Mailbox, on: str, said: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        definitions.check(definition(REPLY, slug="second", on=on))
    assert said in str([p.message for p in refused.value.problems])
    assert all(p.line == 6 for p in refused.value.problems)


def test_moving_to_another_mailbox_begins_there_with_what_comes(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    come(box, letter())
    box.folder = "Help"
    box.uidvalidity, box.mails, box.next_uid = 1, [], 1
    box.put(letter(message_id="<old@c.example>"), clock.now() - timedelta(hours=2))
    mailboxes.change_mailbox(mailbox, actor=lane.world.staff(lane.client), folder="Help")
    come(box, letter(message_id="<new@c.example>"))
    assert [run.input["message_id"] for run in runs()][1:] == ["<new@c.example>"]


def test_an_ancient_date_of_arrival_is_read() -> None:
    """Days below ten come with a space in front."""
    said = imap._date(b'1 (UID 2 INTERNALDATE " 7-Nov-2026 09:00:00 +0100" RFC822.SIZE 3)')
    assert said == datetime(2026, 11, 7, 8, tzinfo=UTC)


# -- Who asked, and who is answered ----------------------------------------------------------


def test_whoever_is_answered_is_shown_beside_whoever_sent(mailbox: Mailbox, box: ImapBox) -> None:
    """A contact form sends from the website. The answer goes to whom it names for it."""
    form = letter(sender="Web <web@forms.example>", Reply_To="Ada Berg <Ada@buyer.example>")
    come(box, form)
    (run,) = runs()
    assert (run.input["from"], run.input["sent_by"]) == ("Ada@buyer.example", "web@forms.example")
    assert run.asked_by == "Ada@buyer.example, sent by web@forms.example"
    row = InboundMail.objects.get()
    assert (row.sender, row.reply_to) == ("web@forms.example", "ada@buyer.example")


@pytest.mark.parametrize("sender", ["noreply@shop.example", "support@harbor.example"])
def test_a_contact_form_of_the_clients_own_is_a_person(
    mailbox: Mailbox, box: ImapBox, sender: str
) -> None:
    come(box, letter(sender=sender, Reply_To="ada@buyer.example"))
    assert [run.input["from"] for run in runs()] == ["ada@buyer.example"]


@pytest.mark.parametrize("to", ["support@harbor.example", "noreply@shop.example", "nonsense"])
def test_an_answer_that_would_go_to_ourselves_or_a_machine_goes_to_the_sender(
    mailbox: Mailbox, box: ImapBox, to: str
) -> None:
    come(box, letter(Reply_To=to))
    assert [run.input["from"] for run in runs()] == ["mia@customers.example"]
    assert "sent_by" not in runs()[0].input


def test_a_long_address_does_not_push_the_sender_out_of_sight(
    mailbox: Mailbox, box: ImapBox
) -> None:
    """Somebody who asks for the answer elsewhere is still seen to have sent it."""
    far = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example"
    come(box, letter(sender="mallory@evil.example", Reply_To=far))
    (run,) = runs()
    assert run.asked_by.endswith(", sent by mallory@evil.example")
    assert "…" in run.asked_by
    assert len(run.asked_by) <= 160


@pytest.mark.parametrize(
    "headers",
    [
        {"Precedence": "list", "List_ID": "<support.harbor.example>"},
        {"List_ID": '"Help" <Support.Harbor.example>', "List_Unsubscribe": "<mailto:x@y.example>"},
        {"Precedence": "list", "Mailing_list": "list support@harbor.example; contact x@y.example"},
        {"List_Id": "<a1.groups.example>", "List_Post": "<mailto:support@harbor.example>"},
        {"Precedence": "bulk", "List_ID": "<support.harbor.example>"},
    ],
)
def test_the_mailboxs_own_group_is_no_list(
    mailbox: Mailbox, box: ImapBox, headers: dict[str, str]
) -> None:
    come(box, letter(**headers))
    assert len(runs()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Precedence": "junk", "List_ID": "<support.harbor.example>"},
        {"Precedence": "bulk"},
        {"List_ID": "<news.harbor.example>"},
        {"List_ID": "<not-support.harbor.example>"},
        {"Precedence": "list", "List_Post": "<mailto:all@harbor.example>"},
    ],
)
def test_another_list_is_one(mailbox: Mailbox, box: ImapBox, headers: dict[str, str]) -> None:
    come(box, letter(**headers))
    assert runs() == []


def test_a_mail_without_readable_text_starts_nothing_and_says_so(
    mailbox: Mailbox, box: ImapBox
) -> None:
    picture = letter("\u00a0\u200b\n")
    come(box, picture)
    assert runs() == []
    assert rows() == [("refused", "It has no text that we can read. Look into the mailbox.")]


# -- A brake that delays ---------------------------------------------------------------------


def numbered(count: int, sender: str = "orders@shop.example", **headers: str) -> list[bytes]:
    made = (f"<{n}.{sender}>" for n in range(count))
    return [letter(sender=sender, message_id=one, **headers) for one in made]


def ids() -> list[str]:
    return [run.input["message_id"] for run in runs()]


def test_who_writes_often_waits_and_loses_nothing(mailbox: Mailbox, box: ImapBox) -> None:
    """A shop sends each order from one address; they are worked on in their order."""
    come(box, *numbered(45))
    assert ids() == [f"<{n}.orders@shop.example>" for n in range(20)]
    assert [outcome for outcome, _ in rows()].count("waiting") == 25
    asked = box.asked("FETCH")
    look(1)
    look(1)
    assert box.asked("FETCH") == asked  # no busy loop: there is no room yet
    come(box, letter(message_id="<other@c.example>"))
    assert "<other@c.example>" in ids()  # nobody else waits for them
    for _ in range(5):
        look(30)
    mine = [one for one in ids() if "orders" in one]
    assert mine == [f"<{n}.orders@shop.example>" for n in range(45)]
    assert "waiting" not in [outcome for outcome, _ in rows()]


def test_a_new_mail_does_not_overtake_one_that_waits(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(22))
    for n in range(3):
        box.put(letter(sender="orders@shop.example", message_id=f"<late{n}@x>"), clock.now())
    for _ in range(3):
        look(61)
    assert ids()[20:] == [
        "<20.orders@shop.example>",
        "<21.orders@shop.example>",
        "<late0@x>",
        "<late1@x>",
        "<late2@x>",
    ]


def test_many_senders_that_ask_for_one_answer_are_braked(mailbox: Mailbox, box: ImapBox) -> None:
    """Nobody is sent more answers than that by strangers who name them for it."""
    victim = "ada@buyer.example"
    made = [one for n in range(25) for one in numbered(1, f"m{n}@evil.example", Reply_To=victim)]
    come(box, *made)
    assert len(runs()) == 20


def test_what_is_gone_before_its_turn_is_said(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(21))
    box.mails.pop()
    look(61)
    assert len(runs()) == 20
    assert rows()[-1] == ("refused", "It was gone from the mailbox before its turn.")


def test_a_server_that_numbers_anew_keeps_those_that_wait(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(25))
    box.renumber(99)
    for _ in range(4):
        look(61)
    assert sorted(ids()) == sorted(f"<{n}.orders@shop.example>" for n in range(25))


def test_another_mailbox_ends_the_waiting(lane: Lane, mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(21))
    mailboxes.change_mailbox(mailbox, actor=lane.world.staff(lane.client), folder="Other")
    assert rows()[-1] == ("ignored", "The mailbox was changed to another before its turn.")


# -- Passwords -------------------------------------------------------------------------------


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
