"""What the card shows is what is mailed: to one address, with one subject (case A8)."""

from typing import Any

import pytest

from approvals.models import Proposal, Tool
from approvals.services.tools import change_tool
from tenants.errors import Invalid, Refused
from tests.lanes import Lane
from workflows.tools import mail

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
    ],
    ids=str,
)
def test_what_is_not_one_plain_mail_is_refused(lane: Lane, odd: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        mail.check({}, GOOD | odd, lane.tenant(), frozenset())


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
