"""What the card shows is what is mailed: to one address, with one subject (case A8)."""

from dataclasses import replace
from email import message_from_string, policy
from typing import Any

import pytest

from approvals.gate.tools import change_tool
from approvals.models import Proposal, Tool
from tenants.errors import Invalid, Refused
from tenants.models import Tenant
from tests.lanes import Lane
from workflows.tools import ToolRequest, mail

GOOD = {"to": "mia@customers.example", "subject": "Hi", "body": "Hello"}


@pytest.mark.parametrize(
    "odd",
    [
        {"to": "mia@customers.example,evil@evil.example"},
        {"to": "mia@customers.example, evil@evil.example"},
        {"to": "mia@customers.example;evil@evil.example"},
        {"to": '"mia@customers.example" <evil@evil.example>'},
        {"to": "mia@customers.example\n"},
        {"to": "mia@customers.example\nBcc: evil@evil.example"},
        {"to": "group: evil@evil.example, x@evil.example;"},
        {"to": "mia@customers.example (evil@evil.example)"},
        {"to": "not an address"},
        {"to": "mïa@customers.example"},
        {"to": ""},
        {"to": None},
        {"to": ["mia@customers.example"]},
        {"to": {"address": "mia@customers.example"}},
        {"subject": "Hi\nBcc: evil@evil.example"},
        {"subject": "Hi\r\nX-A: b"},
        {"subject": "Hi\x0bthere"},
        {"subject": "Hi\u2028there"},
        {"subject": "=?utf-8?q?gift_card?="},  # a mail's reader shows "gift card"
        {"subject": "Re: =?UTF-8?B?Z2lmdCBjYXJk?= x"},
        {"to": "mia@cus\u200btomers.example"},  # would go to customers.example
        {"to": "mia@ⓔvil.example"},
        {"to": "mia@straße.example"},  # would go to strasse.example
        {"subject": 7},
        {"body": None},
        {"body": ["x"]},
        {"bcc": "evil@evil.example"},
        {"in_reply_to": "<a@b>\nBcc: evil@evil.example"},
        {"in_reply_to": "<a@b> <c@d>"},
        {"in_reply_to": "a@b"},
        {"in_reply_to": "<a@ü>"},
        {"in_reply_to": f"<{'a' * 300}@b>"},
        {"in_reply_to": 7},
    ],
    ids=str,
)
def test_what_is_not_one_plain_mail_is_refused(lane: Lane, odd: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        mail.check({}, GOOD | odd, lane.tenant(), frozenset())


def test_a_reply_stands_in_the_thread_of_what_it_answers(lane: Lane) -> None:
    answered = "<CAF-1.x=2@mail.customers.example>"
    request = ToolRequest(
        "mail", mail.resolve({}, lane.tenant()), GOOD | {"in_reply_to": answered}, "the-key"
    )
    mail.carry_out(request)
    mail.carry_out(replace(request, args=GOOD | {"in_reply_to": ""}))
    reply, other = (
        message_from_string(sent["raw"], policy=policy.default) for sent in lane.post.messages
    )
    assert (reply["In-Reply-To"], reply["References"]) == (answered, answered)
    assert other["In-Reply-To"] is other["References"] is None


def test_one_plain_mail_is_fine(lane: Lane) -> None:
    mail.check({}, GOOD, lane.tenant(), frozenset())
    mail.check({}, GOOD | {"to": "Mia@Bücher.example"}, lane.tenant(), frozenset())
    mail.check({}, GOOD | {"subject": "Is 2 + 2 =? Or what?="}, lane.tenant(), frozenset())
    mail.check(
        {}, GOOD | {"subject": "Grüße: 30 % — “ja” 👩‍💻\u00a0\u202f!"}, lane.tenant(), frozenset()
    )


@pytest.mark.parametrize(
    "given",
    [
        {"from": "mia@customers.example, evil@evil.example"},
        {"from": "mia@customers.example\nBcc: evil@evil.example"},
        {"subject": "Hi\nBcc: evil@evil.example"},
    ],
)
def test_it_is_never_put_up_and_the_step_says_why(lane: Lane, given: dict[str, str]) -> None:
    lane.start(**given)
    assert not Proposal.objects.filter(tool_name="mail.send").exists()
    assert lane.steps()["send"] == "failed"
    assert lane.note("send")
    assert lane.post.messages == []


def test_it_is_not_edited_in_either(lane: Lane) -> None:
    mail_tool = Tool.objects.get(name="mail.send")
    loose = {**mail_tool.args_schema, "properties": {"to": {}, "subject": {}, "body": {}}}
    change_tool(mail_tool, actor=lane.world.staff(lane.client), args_schema=loose)
    lane.start()
    args = {1: {"to": "mia@customers.example, evil@evil.example"}}
    with pytest.raises(Refused, match="not one e-mail address"):
        lane.say("correct", args=args)
    assert lane.item().status == "waiting"
    lane.decide()
    assert [m["to"] for m in lane.post.messages] == [["mia@customers.example"]]


# -- What could be seen to fail comes before anything is done ---------------------------------


def test_a_later_mail_that_can_not_be_sent_stops_the_refund_before_it(lane: Lane) -> None:
    """Approved together, so neither happens where the second surely can't."""
    lane.start()
    lane.say()
    Tenant.objects.update(sends_from="nobody at all")
    lane.pass_time(seconds=1)
    assert lane.shop.requests == []
    assert lane.post.messages == []
    assert lane.statuses() == {"refund": "cancelled", "send": "refused"}
    assert "Mails can't be sent from “nobody at all”" in lane.exception().draft["problem"]
    assert lane.run().outcome != "partial"


def test_a_mail_is_written_whole_before_anybody_is_asked(lane: Lane) -> None:
    Tenant.objects.update(sends_from="nobody at all")
    lane.start()
    assert not Proposal.objects.filter(tool_name="mail.send").exists()
    assert "Mails can't be sent from “nobody at all”" in lane.note("send")


@pytest.mark.parametrize("name", ['24" Wheels', "Bikes\\", "Bikes <x@evil.example>", "A\u2028B"])
def test_the_clients_name_is_quoted_by_the_library(lane: Lane, name: str) -> None:
    Tenant.objects.update(name=name)
    lane.start()
    lane.decide()
    assert lane.statuses()["send"] == "executed"
    (sent,) = lane.post.messages
    read = message_from_string(sent["raw"], policy=policy.default)["From"]
    assert [one.addr_spec for one in read.addresses] == ["hello@harbor-pine.example"]
    assert "Auto-Submitted" not in sent["raw"]  # a person approved it


def test_a_server_that_asks_to_come_back_gets_the_mail_later(lane: Lane) -> None:
    lane.start()
    lane.post.answer = "451 greylisted, come back"
    lane.decide()
    assert lane.statuses()["send"] != "in_doubt"
    lane.post.answer = "250 OK"
    for _ in range(6):
        lane.pass_time(minutes=10)
    assert lane.statuses() == {"refund": "executed", "send": "executed"}
    assert len(lane.shop.requests) == 1
