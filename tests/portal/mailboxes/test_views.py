"""Mailboxes and schedules on the pages, and the mail that says one can't be read."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from approvals.models import ReviewItem
from audit import outbox
from portal.notices import mailbox_failing
from portal.notices.models import Notice
from tenants import clock
from tenants.models import Secret
from tenants.scope import tenant_scope
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from tests.portal.mailboxes.mailbox_kit import NOON, form, operator_of, use, work
from tests.portal.review_kit import inside
from tests.portal.visiting import Visitor, text, visit
from tests.workflows.definition_kit import REPLY, definition
from tests.world import World, make_world
from workflows.models import Mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


@pytest.fixture
def box() -> Iterator[ImapBox]:
    with ImapBox() as opened:
        allow(f"127.0.0.1:{opened.port}")
        yield opened


@pytest.fixture
def operator(world: World, box: ImapBox) -> Visitor:
    return operator_of(world, box)


def test_staff_add_a_mailbox_and_see_whether_it_works(
    world: World, operator: Visitor, box: ImapBox
) -> None:
    """The request owes the look; a worker makes it."""
    answer = operator.post("add-mailbox/", **form(box))
    assert answer.status_code == 302
    assert box.commands == []
    assert "being tried" in text(operator.get("mailboxes/support/"))
    work(world)
    page = text(operator.get("mailboxes/support/"))
    assert "works" in page
    assert "No workflow, so it is not read." in page
    assert box.password not in page
    listed = text(operator.get("mailboxes/"))
    assert "support@harbor.example" in listed
    assert "Starts no workflow" in listed
    assert "mailboxes/" in text(operator.get("workflows/"))


def test_a_wrong_form_says_what_is_wrong(operator: Visitor, box: ImapBox) -> None:
    answer = operator.post("add-mailbox/", **form(box, host="imap.example"))
    assert answer.status_code == 400
    assert "Add it there first" in text(answer)
    answer = operator.post("add-mailbox/", **form(box, name="Not A Name", every=1))
    assert answer.status_code == 400
    assert "Use small letters" in text(answer)
    assert box.password not in text(answer)


def test_changing_keeps_the_password_unless_another_is_given(
    world: World, operator: Visitor, box: ImapBox
) -> None:
    operator.post("add-mailbox/", **form(box))
    work(world)
    assert "PasswordInput" not in text(operator.get("mailboxes/support/"))
    operator.post("mailboxes/support/", **form(box, password="", folder="Nowhere"))
    work(world)
    assert "There is no folder Nowhere there" in text(operator.get("mailboxes/support/"))
    operator.post("mailboxes/support/", **form(box, password="wrong"))
    work(world)
    assert "Set the password again" in text(operator.get("mailboxes/support/"))
    operator.post("mailboxes/support/", **form(box))
    work(world)
    assert "can't be read" not in text(operator.get("mailboxes/support/"))
    with tenant_scope(world.harbor.tenant.pk):
        assert [s.name for s in Secret.objects.all()] == ["mailbox-support"]


def test_the_connection_is_tried_again_when_asked(
    world: World, operator: Visitor, box: ImapBox
) -> None:
    operator.post("add-mailbox/", **form(box))
    work(world)
    asked = box.asked("LOGIN")
    assert operator.get("mailboxes/support/check/").status_code == 405
    operator.post("mailboxes/support/check/")
    assert box.asked("LOGIN") == asked
    work(world)
    assert box.asked("LOGIN") == asked + 1


def test_what_came_is_listed_with_what_became_of_it(
    world: World, operator: Visitor, box: ImapBox
) -> None:
    operator.post("add-mailbox/", **form(box))
    use(world)
    work(world)
    for sender, subject in (("mia@c.example", "Lamp <b>"), ("mailer-daemon@c.example", "Gone")):
        mail = EmailMessage()
        mail["From"], mail["Subject"] = sender, subject
        mail.set_content("Hello.")
        box.put(mail.as_bytes(), clock.now())
    work(world, minutes=2)
    page = text(operator.get("mailboxes/support/"))
    assert "mia@c.example: Lamp &lt;b&gt;" in page
    assert "Left alone: Its sender takes no answers." in page
    assert "Started a run" in page


def test_the_page_says_who_is_answered_and_who_sent_and_what_waits(
    world: World, operator: Visitor, box: ImapBox
) -> None:
    operator.post("add-mailbox/", **form(box))
    use(world)
    work(world)
    for number in range(22):
        mail = EmailMessage()
        mail["From"], mail["Message-ID"] = "Web <web@forms.example>", f"<{number}@forms.example>"
        mail["Reply-To"] = f"Ada <ada{number}@buyer.example>"
        mail.set_content("My lamp is broken.")
        box.put(mail.as_bytes(), clock.now())
    work(world, minutes=5)
    page = text(operator.get("mailboxes/support/"))
    assert "ada21@buyer.example, sent by web@forms.example" in page
    assert "2 mails wait for their turn" in page
    assert "Waits for its turn: web@forms.example wrote more than 20 times" in page
    with tenant_scope(world.harbor.tenant.pk):
        item = ReviewItem.objects.order_by("id")[0]
    shown = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "by e-mail (ada0@buyer.example, sent by web@forms.example)" in shown
    work(world, minutes=61)
    assert "wait for their turn" not in text(operator.get("mailboxes/support/"))


def test_the_owner_is_told_once_that_a_mailbox_can_not_be_read(
    world: World, operator: Visitor, box: ImapBox, mailoutbox: list[EmailMessage]
) -> None:
    operator.post("add-mailbox/", **form(box))
    use(world)
    work(world)
    box.password = "changed"
    for _ in range(6):
        work(world, minutes=16)
    (mail,) = mailoutbox
    assert mail.to == [world.harbor.owner.email]  # type: ignore[attr-defined]
    assert "mail to support@harbor.example can't be read" in mail.subject  # type: ignore[attr-defined]
    assert "nothing is lost" in mail.body  # type: ignore[attr-defined]
    assert "/t/harbor-pine/workflows/support/" in mail.body  # type: ignore[attr-defined]
    owner = visit(world.harbor.owner, world.harbor)
    page = text(owner.get("workflows/support/"))
    assert "Set the password again" in page
    assert "Your provider looks after it" in page
    assert "could not read the mailbox" in text(owner.get("record/"))


def test_a_mail_that_is_no_longer_true_is_not_sent(
    world: World, operator: Visitor, box: ImapBox, mailoutbox: list[EmailMessage]
) -> None:
    """It works again before the mail went out."""
    operator.post("add-mailbox/", **form(box))
    use(world)
    with tenant_scope(world.harbor.tenant.pk):
        Mailbox.objects.update(alarmed_at=clock.now(), problem="x", failures=3)

        found = Mailbox.objects.get()
        mailbox_failing(outbox.Claim(found.pk, world.harbor.tenant.pk, "", found.pk, 1))
        Mailbox.objects.update(alarmed_at=None)
    work(world)
    assert mailoutbox == []
    with tenant_scope(world.harbor.tenant.pk):
        assert Notice.objects.get(kind="mailbox").status == "failed"


def test_an_error_in_a_schedule_shows_its_line_in_the_editor(
    world: World, operator: Visitor
) -> None:
    bad = definition(REPLY, slug="refund-replies", on='{schedule: [{cron: "0 25 * * *"}]}')
    answer = operator.post("workflows/refund-replies/edit/", definition=bad, note="")
    assert answer.status_code == 400
    assert "bad hour" in text(answer)


def test_the_client_has_no_page_for_mailboxes(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.get("mailboxes/").status_code == 403
    assert owner.post("add-mailbox/").status_code == 403
