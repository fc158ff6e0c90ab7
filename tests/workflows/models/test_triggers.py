"""What the database holds of triggers: of one kind each, and one workflow a mailbox."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.lanes import Lane
from workflows.models import InboundMail, Mailbox, Trigger


def mailbox(name: str = "support") -> Mailbox:
    return Mailbox.objects.create(
        name=name,
        address=f"{name}@harbor.example",
        host="imap.example",
        username=name,
        secret=f"mailbox-{name}",
    )


def trigger(lane: Lane, kind: str, **more: Any) -> Trigger:
    return Trigger.objects.create(workflow=lane.workflow, kind=kind, **more)


def refused(constraint: str) -> Any:
    return pytest.raises(IntegrityError, match=constraint)


def test_a_trigger_is_a_schedule_with_times_or_a_mailbox_and_never_both(lane: Lane) -> None:
    box, rule = mailbox(), "a_trigger_is_of_one_kind"
    for kind, more in (
        ("schedule", {}),
        ("schedule", {"cron": "0 9 * * *", "mailbox": box}),
        ("mail", {}),
        ("mail", {"cron": "0 9 * * *", "mailbox": box}),
        ("event", {"cron": "0 9 * * *"}),
    ):
        with refused(rule), transaction.atomic():
            trigger(lane, kind, **more)
    made = trigger(lane, "schedule", cron="0 9 * * *"), trigger(lane, "mail", mailbox=box)
    assert [str(one) for one in made] == ["0 9 * * *", "mail"]


def test_a_mailbox_starts_one_workflow(lane: Lane) -> None:
    box = mailbox()
    trigger(lane, "mail", mailbox=box)
    with refused("one_workflow_a_mailbox"), transaction.atomic():
        trigger(lane, "mail", mailbox=box)
    trigger(lane, "mail", mailbox=mailbox("sales"))


def test_a_mail_has_one_row_under_its_number(lane: Lane) -> None:
    box = mailbox()
    given = {"mailbox": box, "uidvalidity": 1, "uid": 7, "outcome": "started"}
    first = InboundMail.objects.create(**given, sender="mia@c.example")
    with refused("one_row_a_mail"), transaction.atomic():
        InboundMail.objects.create(**given)
    other = InboundMail.objects.create(**given | {"uidvalidity": 2})
    assert (str(first), str(other)) == ("Mail from mia@c.example", "Mail from nobody")
