"""Validation of a definition's triggers: cron texts, time zones, mailboxes and inputs. Pure."""

import re
import zoneinfo
from collections.abc import Iterator
from typing import Any

from audit.canonical import canonical, is_too_large
from tenants.errors import Invalid
from workflows.definitions import cron
from workflows.definitions.definition import Definition, Step
from workflows.definitions.problems import Path, Problem
from workflows.steps import step_kinds

# Input fields that every mail gives its run.
OF_MAIL = frozenset({"from", "subject", "message", "message_id", "in_reply_to", "attachments"})
# Input fields that only a mail with another Reply-To address gives.
OF_SOME_MAIL = frozenset({"sent_by"})
LARGEST = 16 * 1024  # characters of canonical JSON
READS = re.compile(r"\binput\.([A-Za-z_]\w*)")
# An expression that checks for a field first works without the field.
OPTIONAL_READS = re.compile(
    r"\bhas\(input\.(\w+)\)|\binput\.(\w+) is (?:not )?defined|\binput\.(\w+) ?\| ?d"
)


def problems(definition: Definition, mailboxes: dict[str, str]) -> Iterator[Problem]:
    """Yield the problems of a definition's triggers.

    ``mailboxes`` has the slug of the workflow that each mailbox starts now, "" for none.
    """
    needed = reads(definition)
    for index, schedule in enumerate(definition.head.on.schedule):
        path: Path = ("on", "schedule", index)
        try:
            cron.check(schedule.cron)
        except cron.BadCron as error:
            yield Problem((*path, "cron"), str(error))
        if schedule.zone and schedule.zone not in zoneinfo.available_timezones():
            yield Problem(
                (*path, "zone"),
                f"{schedule.zone} is no time zone. Use a name such as Europe/Berlin.",
            )
        yield from _input(schedule.input, (*path, "input"))
        yield from _missing_fields(needed - schedule.input.keys(), path, "This schedule")
    yield from _mail(definition, mailboxes, needed)


def _mail(definition: Definition, mailboxes: dict[str, str], needed: set[str]) -> Iterator[Problem]:
    mail, path = definition.head.on.mail, ("on", "mail")
    if mail is None:
        return
    if mail.mailbox not in mailboxes:
        yield Problem((*path, "mailbox"), f"There is no mailbox called {mail.mailbox}.")
    elif mailboxes[mail.mailbox] not in ("", definition.head.workflow):
        other = mailboxes[mail.mailbox]
        yield Problem((*path, "mailbox"), f"Mail to {mail.mailbox} starts {other} already.")
    yield from _input(mail.input, (*path, "input"))
    for name in sorted(mail.input.keys() & (OF_MAIL | OF_SOME_MAIL)):
        yield Problem((*path, "input", name), f"{name} comes from the mail. Use another name.")
    yield from _missing_fields(needed - mail.input.keys() - OF_MAIL, path, "A mail")


def _input(given: dict[str, Any], path: Path) -> Iterator[Problem]:
    try:
        if is_too_large(canonical(given), LARGEST):
            yield Problem(path, "This is larger than 16 kB. Make it shorter.")
    except Invalid as error:
        yield Problem(path, error.message)


def _missing_fields(names: set[str], path: Path, who: str) -> Iterator[Problem]:
    if names:
        listed = ", ".join(f"input.{name}" for name in sorted(names))
        yield Problem(path, f"{who} gives no {listed}, which the steps read. Add it to input.")


def reads(definition: Definition) -> set[str]:
    """Return the input fields without which a step would fail."""
    found: set[str] = set()
    for text in (text for step in definition.steps for text in _texts(step)):
        asked = {name for names in OPTIONAL_READS.findall(text) for name in names if name}
        found |= set(READS.findall(text)) - asked
    return found


def _texts(step: Step) -> Iterator[str]:
    yield step.head.if_
    if step.kind and step.kind != "retrieve":  # a record that is not found stops nothing
        yield from (text for _, text in step_kinds()[step.kind].expressions_in(step.settings))
    yield from (str(getattr(step.settings, name, "")) for name in ("query", "prompt"))
