"""Nothing is no answer: an empty text can't be accepted as it is written (A15)."""

import pytest

from approvals.models import Proposal, ReviewItem, content_of
from audit.canonical import sha256
from tenants.errors import Invalid, Refused
from tenants.services.tenants import resume_everything, stop_everything
from tests.lanes import Lane
from tests.portal.review_kit import DRAFTS, inside, text
from tests.world import DEFINITION

BLANK = ["", "  \n\t ", "\u200b\u3164", "\u00a0\u2003"]


def _empty(lane: Lane, said: str) -> ReviewItem:
    """A draft whose text is this."""
    lane.use(DRAFTS)
    lane.start(message="damaged items refunded in full")
    item = lane.item()
    item.draft = {**item.draft, "text": said, "spans": []}
    item.content_hash = sha256(content_of(item, []))
    item.save(update_fields=["draft", "content_hash"])
    return item


@pytest.mark.parametrize("said", BLANK)
def test_an_empty_draft_is_not_accepted_and_not_offered(lane: Lane, said: str) -> None:
    item = _empty(lane, said)
    with pytest.raises(Invalid, match="no text here to accept"):
        lane.say(item=item)
    page = text(inside(lane.client).get(f"/review/{item.pk}/"))
    assert "There is no text here to accept." in page
    assert 'value="accept"' not in page
    assert "edit=1" in page  # writing it is what there is to do
    lane.decide("correct", item=item, draft="Damaged items are refunded in full.")
    assert lane.run().outcome == "corrected"


@pytest.mark.parametrize("said", BLANK)
def test_an_edit_to_nothing_is_refused(lane: Lane, said: str) -> None:
    lane.start()
    with pytest.raises(Invalid, match="The text is empty"):
        lane.say("correct", draft=said)
    assert lane.item().status == "waiting"


@pytest.mark.parametrize("said", BLANK)
def test_a_mail_without_a_text_is_not_put_up(lane: Lane, said: str) -> None:
    body = DEFINITION.replace("workflow: refund-replies", "workflow: other").replace(
        'body: "steps.reply.output.text"', 'body: "input.blank"'
    )
    assert "input.blank" in body
    lane.use(body)
    lane.start(blank=said)
    assert not Proposal.objects.filter(tool_name="mail.send").exists()
    assert lane.steps()["send"] == "failed"
    assert lane.post.messages == []


def test_a_mails_text_is_not_edited_away(lane: Lane) -> None:
    lane.start()
    with pytest.raises((Invalid, Refused), match="text"):
        lane.say("correct", args={1: {"body": " "}})
    assert lane.item().status == "waiting"


def test_approving_while_everything_is_stopped_is_not_offered(lane: Lane) -> None:
    lane.start()
    item, owner = lane.item(), lane.client.actor()
    stop_everything(actor=owner)
    page = text(inside(lane.client).get(f"/review/{item.pk}/"))
    assert "has stopped everything." in page
    assert 'value="accept"' not in page
    resume_everything(actor=owner)
    assert 'value="accept"' in text(inside(lane.client).get(f"/review/{item.pk}/"))
