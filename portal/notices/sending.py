"""Sending of notices: each is delivered at most once, with up to five tries.

The status "sending" is committed before the mail server is called. A notice found in
that status belonged to a worker that died. Whether its mail went out is unknown, so
it moves to in_doubt and is never sent again.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from audit import outbox
from audit.transitions import move
from audit.verbs import Verb
from portal.notices.channels import channel_for, channels
from portal.notices.enqueue import TOPIC
from portal.notices.kinds import Letter, NotWanted, notice_kinds
from portal.notices.models import Device, Notice, NoticePreference
from portal.notices.smtp import Delivery, DeliveryStatus
from tenants import clock
from tenants.actors import SYSTEM

# Waits after the first try, the second, … After the last try there is none.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
DIED = "The worker that sent it died before it heard whether the mail was taken."


def notice_job(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``notice.send``: write the notice, move it to sending and return its job.

    None where the notice is not to be sent: it is in doubt, needless or done already.
    """
    notice = Notice.objects.select_for_update().filter(pk=claim.object_id).first()
    if notice is None:
        return None
    if notice.status == "sending":
        _doubt(notice, DIED)
    if notice.status != "owed":
        return None
    try:
        letter = notice_kinds()[notice.kind].write(notice)
    except NotWanted as reason:
        _fail(notice, str(reason))
        return None
    channel, address = channel_for(notice, letter)
    # Committed before the call: a worker that dies leaves "sending", and no second mail goes.
    move(notice, "sending", actor=SYSTEM, channel=channel)
    return NoticeJob(claim, notice.pk, channel, address, letter)


@dataclass(frozen=True, slots=True)
class NoticeJob:
    """Job of one try to send a notice."""

    claim: outbox.Claim
    notice_id: UUID
    channel: str
    address: Any
    letter: Letter

    def perform(self) -> Delivery:
        """Deliver the notice by its channel."""
        return channels()[self.channel].deliver(self.letter, self.address, self.notice_id)

    def store_result(self, outcome: object) -> None:
        """Store the result, or enqueue another try.

        A notice that chat or push refused goes by mail next.
        """
        assert isinstance(outcome, Delivery)
        notice = Notice.objects.get(pk=self.notice_id)
        Device.objects.filter(pk__in=outcome.gone).delete()
        if self.channel == "chat":
            NoticePreference.objects.filter(person_id=notice.person_id).update(problem=outcome.why)
        if outcome.status is DeliveryStatus.SENT:
            verb = notice_kinds()[notice.kind].SENT
            move(notice, "sent", actor=SYSTEM, verb=verb, sent_at=clock.now(), problem="")
        elif outcome.status is DeliveryStatus.IN_DOUBT:
            _doubt(notice, outcome.why)
        elif outcome.status is DeliveryStatus.REFUSED and self.channel != "mail":
            # A refused notice did not arrive, so the mail is no second one.
            move(notice, "owed", actor=SYSTEM, problem=outcome.why, channel="mail")
            outbox.enqueue(TOPIC, notice.pk)
        elif outcome.status is DeliveryStatus.REFUSED or self.claim.fence > len(WAITS):
            _fail(notice, outcome.why)
        else:
            move(notice, "owed", actor=SYSTEM, problem=outcome.why)
            # The fence counts the claims of this notice, and so its tries.
            due = clock.now() + WAITS[self.claim.fence - 1]
            outbox.enqueue(TOPIC, notice.pk, due_at=due, claims=self.claim.fence)


def notice_given_up(claim: outbox.Claim, error: str) -> None:
    """Fail a notice whose mail could not be written (handler of a parked ``notice.send``)."""
    notice = Notice.objects.filter(pk=claim.object_id, status="owed").first()
    if notice is not None:
        _fail(notice, f"It could not be written: {error[:300]}")


def _doubt(notice: Notice, why: str) -> None:
    move(notice, "in_doubt", actor=SYSTEM, verb=Verb.MAIL_IN_DOUBT, reason=why, problem=why)


def _fail(notice: Notice, why: str) -> None:
    move(notice, "failed", actor=SYSTEM, problem=why)
