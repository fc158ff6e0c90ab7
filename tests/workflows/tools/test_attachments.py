"""What goes along with a mail is what was approved, byte for byte."""

from datetime import timedelta
from email import message_from_bytes, message_from_string, policy
from typing import Any

import pytest

from approvals.gate.tools import change_tool
from approvals.models import Proposal, Tool
from tenants import clock
from tenants.errors import Conflict, Invalid, Refused
from tenants.models import Revision, Source
from tenants.sources.services import add_revision, add_source
from tests.lanes import Lane
from workflows.tools import mail, mail_draft
from workflows.tools.attachments import LARGEST, approved_files

GOOD = {"to": "mia@customers.example", "subject": "Hi", "body": "Hello"}
ALLOWED = {"attachments": ["price-list", "returns-policy"]}
# Bytes that a program for text would change: both line ends, no last one, and a sign outside ASCII.
PRICES = "# Prices\r\n\r\nWheels cost 40 €.\n\nFrames cost 90 €.".encode()
ATTACHING = """
workflow: price-questions
title: Price questions
rung: execute_with_approval
brief: {why: "Answer questions about prices."}
steps:
  - name: send
    act:
      tool: mail.send
      args:
        to: "input.from"
        subject: "'Our prices'"
        body: "'Hello, our prices are attached.'"
        attachments: "['price-list']"
"""


def add_prices(lane: Lane) -> Source:
    source = add_source(
        name="price-list",
        title="Price list",
        kind="document",
        owner=lane.client.owner,
        actor=lane.client.actor(),
    )
    add_revision(source, filename="prices of ’26.md", content=PRICES, actor=lane.client.actor())
    return Source.objects.get(pk=source.pk)


def let_attach(lane: Lane, names: list[str] | None = None) -> Tool:
    tool = Tool.objects.get(name="mail.send")
    names = names or ALLOWED["attachments"]
    listed = {"type": "array", "items": {"enum": names}}
    schema = {
        **tool.args_schema,
        "properties": tool.args_schema["properties"] | {"attachments": listed},
    }
    actor = lane.world.staff(lane.client)
    return change_tool(tool, actor=actor, args_schema=schema, settings={"attachments": names})


@pytest.fixture
def asked(lane: Lane) -> Lane:
    """A mail with the price list waits for its approval."""
    add_prices(lane)
    let_attach(lane)
    lane.use(ATTACHING)
    lane.start(question="What do wheels cost?")
    return lane


def attached(raw: str) -> list[tuple[str | None, str, bytes]]:
    parsed = message_from_string(raw, policy=policy.default)
    return [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))  # type: ignore[misc]
        for part in parsed.iter_attachments()
    ]


def test_the_file_goes_along_as_it_was_uploaded(asked: Lane) -> None:
    asked.decide()
    (sent,) = asked.post.messages
    assert attached(sent["raw"]) == [("prices of ’26.md", "text/markdown", PRICES)]
    assert "our prices are attached" in sent["raw"]


def revise(lane: Lane) -> None:
    source = Source.objects.get(name="price-list")
    add_revision(source, filename="prices.md", content=b"# New\n\n1 EUR", actor=lane.client.actor())


def test_another_revision_is_not_approved_unseen(asked: Lane) -> None:
    revise(asked)
    with pytest.raises(Refused, match="Price list changed or went stale"):
        asked.say()
    assert asked.post.messages == []


def test_another_revision_after_the_approval_is_asked_again(asked: Lane) -> None:
    asked.say()
    revise(asked)
    asked.pass_time(seconds=1)
    assert asked.post.messages == []
    assert asked.statuses() == {"send": "refused"}


def test_a_stale_file_is_not_sent(asked: Lane) -> None:
    asked.say()
    Source.objects.filter(name="price-list").update(verified_at=clock.now() - timedelta(days=91))
    asked.pass_time(seconds=1)
    assert asked.post.messages == []


def test_a_file_that_is_no_longer_allowed_is_not_sent(asked: Lane) -> None:
    asked.say()
    let_attach(asked, ["returns-policy"])
    asked.pass_time(seconds=1)
    assert asked.post.messages == []


def test_a_person_may_take_the_file_off_and_put_another_on(asked: Lane) -> None:
    asked.decide("correct", args={0: {"attachments": ["returns-policy"]}})
    (sent,) = asked.post.messages
    assert [name for name, _, _ in attached(sent["raw"])] == ["returns.md"]


def test_a_person_may_take_every_file_off(asked: Lane) -> None:
    asked.decide("correct", args={0: {"attachments": []}})
    (sent,) = asked.post.messages
    assert attached(sent["raw"]) == []


def test_a_person_can_not_put_on_what_the_tool_may_not_send(asked: Lane) -> None:
    with pytest.raises((Invalid, Refused, Conflict)):
        asked.say("correct", args={0: {"attachments": ["orders"]}})
    assert asked.item().status == "waiting"


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        (["price-list"], {}, "may not be attached"),
        (["orders"], ALLOWED, "may not be attached"),
        (["gone"], {"attachments": ["gone"]}, "has no file to attach"),
        (["empty"], {"attachments": ["empty"]}, "has no file to attach"),
        (["price-list", "price-list"], ALLOWED, "each once"),
        ([f"s{n}" for n in range(11)], ALLOWED, "up to 10"),
        ("price-list", ALLOWED, "names of"),
        ([7], ALLOWED, "names of"),
        ([None], ALLOWED, "names of"),
        ({"price-list": 1}, ALLOWED, "names of"),
        (["a\x00b"], {"attachments": ["price-list"]}, "may not be attached"),
    ],
)
def test_what_can_not_go_along_is_refused_before_anybody_is_asked(
    lane: Lane, given: Any, settings: dict[str, Any], said: str
) -> None:
    add_prices(lane)
    owner, actor = lane.client.owner, lane.client.actor()
    add_source(name="empty", title="Empty", kind="document", owner=owner, actor=actor)
    with pytest.raises(Invalid, match=said):
        mail.check(settings, GOOD | {"attachments": given}, lane.tenant(), frozenset())


def test_files_that_are_too_large_together_are_refused(lane: Lane) -> None:
    add_prices(lane)
    large = b"word " * (LARGEST // 5)
    source = Source.objects.get(name="returns-policy")
    revision = Revision.objects.create(
        source=source,
        number=2,
        filename="large.txt",
        media_type="text/plain",
        sha256="0" * 64,
        original=large,
        pieces=1,
        added_by=lane.client.owner,
    )
    Source.objects.filter(pk=source.pk).update(revision=revision)
    args = GOOD | {"attachments": ["returns-policy"]}
    mail.check(ALLOWED, args, lane.tenant(), frozenset())  # 10 MB to the byte
    args = GOOD | {"attachments": ["returns-policy", "price-list"]}
    with pytest.raises(Invalid, match="10 MB"):
        mail.check(ALLOWED, args, lane.tenant(), frozenset())


@pytest.mark.parametrize(
    "name",
    [
        *("", "\u202egpj.exe.md", "prices\u200b.md", "a\nBcc: x@evil.md"),
        "=?utf-8?q?payroll=2Exlsx?= prices.md",
    ],
)
def test_a_file_whose_name_can_not_be_shown_plainly_is_refused(lane: Lane, name: str) -> None:
    source = add_prices(lane)
    revision = Revision.objects.create(
        source=source,
        number=2,
        filename=name,
        media_type="text/markdown",
        sha256="0" * 64,
        original=b"x",
        pieces=1,
        added_by=lane.client.owner,
    )
    Source.objects.filter(pk=source.pk).update(revision=revision)
    with pytest.raises(Invalid, match=r"can't be (shown plainly|written as a mail)"):
        mail.check(ALLOWED, GOOD | {"attachments": ["price-list"]}, lane.tenant(), frozenset())


@pytest.mark.parametrize("wrong", ["price-list", [1], {"price-list": True}, None])
def test_settings_name_sources(wrong: Any) -> None:
    with pytest.raises(Invalid, match="list of the sources"):
        mail.check_settings({"attachments": wrong})
    with pytest.raises(Invalid, match="list of the sources"):
        mail_draft.check_settings({"mailbox": "a", "folder": "Drafts", "attachments": wrong})


def test_only_an_approved_revision_is_read(asked: Lane) -> None:
    proposal = Proposal.objects.get()
    (file,) = approved_files(proposal)
    assert file.content == PRICES
    (first,) = proposal.sources
    revise(asked)
    second = str(Source.objects.get(name="price-list").revision_id)
    assert approved_files(proposal) == (file,)
    for pinned in ([], [first, second]):
        proposal.sources = pinned
        with pytest.raises(Invalid, match="not those that were approved"):
            approved_files(proposal)
    proposal.args = GOOD
    assert approved_files(proposal) == ()


def test_a_draft_is_written_with_its_files(asked: Lane) -> None:
    """The same bytes for a draft in a mailbox, which IMAP stores as they are."""
    files = approved_files(Proposal.objects.get())
    made = mail.build_mail(mail.resolve({}, asked.tenant()), GOOD, "<a@b.example>", files)
    parsed = message_from_bytes(made.message().as_bytes(), policy=policy.default)
    assert attached(parsed.as_string()) == [("prices of ’26.md", "text/markdown", PRICES)]
