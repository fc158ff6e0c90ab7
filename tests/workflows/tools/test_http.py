"""What an answer to a write means: done, surely not done, or nobody knows; and nothing else."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from approvals.gate.tools import change_tool
from approvals.models import Proposal, ReviewItem, Tool
from audit.models import Event
from tenants.errors import Invalid
from tenants.services.keys import set_secret
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.raw import Raw, RawServer
from tests.lanes import Lane

JSON = {"Content-Type": "application/json"}
DONE = Raw(body=b'{"id": "r1"}')


@pytest.fixture
def shop() -> Iterator[RawServer]:
    with RawServer([DONE]) as server:
        yield server


def refund(lane: Lane, shop: RawServer, *answers: Raw, key: bool = True, **more: Any) -> Proposal:
    """A refund at a shop that answers so, with time for every retry."""
    staff = lane.world.staff(lane.client)
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=[shop.host])
    shop.answers = list(answers) or shop.answers
    settings = {"url": f"{shop.url}/refunds"} | more
    tool = Tool.objects.get(name="shop.refund")
    change_tool(tool, actor=staff, settings=settings, takes_key=key)
    lane.start()
    lane.decide()
    for _ in range(6):
        lane.pass_time(minutes=5)
    assert not [call for call in lane.calls("tool") if call.status == "intended"]
    return lane.proposals()["refund"]


def said(lane: Lane) -> str:
    return str(lane.exception().draft["problem"])


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (Raw(204, b""), ""),
        (Raw(202, b'{"id": "r1"}'), {"id": "r1"}),
        (Raw(303, b"", {"Location": "/refunds/1"}), ""),
        (
            Raw(200, gzip.compress(b'{"id": "r1"}'), JSON | {"Content-Encoding": "gzip"}),
            {"id": "r1"},
        ),
        (Raw(200, b"no gzip", JSON | {"Content-Encoding": "gzip"}), ""),
        (Raw(200, b'{"id"', JSON, says=900), '{"id"'),
        (Raw(201, b'\xef\xbb\xbf{"id": "r1"}', {"Content-Type": "text/html"}), {"id": "r1"}),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("key", [True, False])
def test_whatever_the_body_is_it_was_done(
    lane: Lane, shop: RawServer, answer: Raw, body: Any, key: bool
) -> None:
    found = refund(lane, shop, answer, key=key)
    assert found.status == "executed"
    assert found.result is not None
    assert found.result["body"] == body
    assert len(shop.requests) == 1


def test_an_answer_that_is_too_large_was_done_too_and_says_what_is_missing(
    lane: Lane, shop: RawServer
) -> None:
    found = refund(lane, shop, Raw(200, b'{"a": "%s"}' % (b"x" * 3_000_000)), key=False)
    assert found.status == "executed"
    assert found.result is not None
    assert found.result["lost"] == "The answer was larger than 1 MB, so it was not read."
    assert len(shop.requests) == 1


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308])
def test_another_redirect_is_in_doubt_and_is_never_followed(
    lane: Lane, shop: RawServer, status: int
) -> None:
    there = {"Location": f"{shop.url}/elsewhere"}
    found = refund(lane, shop, Raw(status, b"", there), key=False)
    assert found.status == "in_doubt"
    assert len(shop.requests) == 1
    assert lane.exception().draft["options"] == ["happened", "did_not", "hand"]
    assert f"It answered {status} and leads to" in said(lane)


def test_a_redirect_is_asked_again_only_with_its_key(lane: Lane, shop: RawServer) -> None:
    refund(lane, shop, Raw(302, b"", {"Location": "/x"}), Raw(302, b"", {"Location": "/x"}), DONE)
    assert len({r["headers"]["Idempotency-Key"] for r in shop.requests}) == 1
    assert lane.statuses()["refund"] == "executed"


@pytest.mark.parametrize("status", [400, 401, 402, 404, 405, 409, 410, 415, 422, 451])
def test_a_refusal_is_told_in_the_words_of_the_shop(
    lane: Lane, shop: RawServer, status: int
) -> None:
    body = b'{"error": {"message": "The order was refunded already."}}'
    found = refund(lane, shop, Raw(status, body), key=False)
    assert found.status == "failed"
    assert f"did not happen. It refused with {status}: The order was refunded already." in said(
        lane
    )
    assert len(shop.requests) == 1


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 507, 599])
def test_what_may_have_been_done_is_in_doubt_without_a_key(
    lane: Lane, shop: RawServer, status: int
) -> None:
    found = refund(lane, shop, Raw(status, b"upstream"), key=False)
    assert (found.status, len(shop.requests)) == ("in_doubt", 1)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503])
def test_with_a_key_it_is_asked_again_and_acts_once(
    lane: Lane, shop: RawServer, status: int
) -> None:
    found = refund(lane, shop, Raw(status), DONE)
    assert found.status == "executed"
    assert len({r["headers"]["Idempotency-Key"] for r in shop.requests}) == 1
    assert len(shop.requests) == 2


@pytest.mark.parametrize("status", [425, 429])
def test_a_shop_that_is_busy_did_nothing_and_is_asked_again_without_a_key(
    lane: Lane, shop: RawServer, status: int
) -> None:
    assert refund(lane, shop, Raw(status), DONE, key=False).status == "executed"
    assert len(shop.requests) == 2


def test_a_shop_that_asks_to_be_left_alone_is(lane: Lane, shop: RawServer) -> None:
    refund(lane, shop, DONE)
    shop.requests.clear()
    shop.answers = [Raw(503, b"", {"Retry-After": "300"}), DONE]
    lane.start()
    lane.decide()
    lane.pass_time(seconds=295)
    assert len(shop.requests) == 1
    lane.pass_time(seconds=6)
    assert len(shop.requests) == 2


def test_a_header_of_the_tool_does_not_take_the_place_of_the_key(
    lane: Lane, shop: RawServer
) -> None:
    refund(lane, shop, headers={"idempotency-key": "always-the-same"})
    (sent,) = shop.requests
    keys = [value for name, value in sent["headers"].items() if name.lower() == "idempotency-key"]
    assert keys == [lane.calls("tool")[0].key]


# -- What surely was not sent --------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_secret_that_the_shop_repeats_is_kept_nowhere(
    lane: Lane, shop: RawServer, status: int
) -> None:
    """G5: some servers answer with the headers of the request."""
    staff = lane.world.staff(lane.client)
    set_secret(name="shop-key", value="Bearer canary-of-the-shop", actor=staff)
    body = b'{"id": "r1", "error": {"message": "not canary-of-the-shop"}, "h": ["Bearer '
    headers = {"Authorization": "secret:shop-key"}
    answer = Raw(status, body + b'canary-of-the-shop"]}', JSON)
    refund(lane, shop, *[answer] * 6, headers=headers)
    assert "Bearer canary-of-the-shop" in str(shop.requests[-1])
    kept = [(call.response, call.problem) for call in lane.calls("tool")]
    items = ReviewItem.objects.values_list("title", "draft", "evidence")
    events = Event.objects.values_list("before", "after", "reason")
    found = str([kept, list(items), list(events), lane.post.messages])
    assert "[a credential]" in found
    assert "canary-of-the-shop" not in found


@pytest.mark.parametrize("secret", ["t\u00f6k-1", "tok\n1", "tok\x7f1", "tok\u20281"])
def test_a_secret_that_no_header_can_hold_is_a_failure_in_words(
    lane: Lane, shop: RawServer, secret: str
) -> None:
    set_secret(name="shop", value=secret, actor=lane.world.staff(lane.client))
    found = refund(lane, shop, key=False, headers={"X-Api-Key": "secret:shop"})
    assert (found.status, shop.requests) == ("failed", [])
    assert "did not happen. The header X-Api-Key holds a character" in said(lane)
    assert secret not in said(lane)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/refunds",
        "https://{host}/refunds",  # no TLS there
        "http://no-such-host.invalid/refunds",
    ],
)
def test_what_could_not_be_sent_did_not_happen(lane: Lane, shop: RawServer, url: str) -> None:
    refund(lane, shop)
    shop.requests.clear()
    allow("127.0.0.1:1")
    host = url.format(host=shop.host).split("/")[2]
    Tool.objects.filter(name="shop.refund").update(
        settings={"url": url.format(host=shop.host)}, takes_key=False
    )
    type(lane.tenant()).objects.filter(pk=lane.client.tenant.pk).update(
        allowed_hosts=[host, shop.host]
    )
    lane.start()
    lane.decide()
    for _ in range(4):
        lane.pass_time(minutes=5)
    assert lane.statuses()["refund"] == "failed"
    assert "did not happen. No connection to" in said(lane)
    assert shop.requests == []


# -- done_if -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"ok": true}', "executed", ""),
        (b'{"ok": false, "error": "already_refunded"}', "failed", "already_refunded"),
        (b'{"ok": "yes"}', "in_doubt", "neither true nor false"),
        (b'{"fine": true}', "in_doubt", "done_if can't tell"),
        (b"<html>", "in_doubt", "done_if can't tell"),
        (b"", "in_doubt", "done_if can't tell"),
    ],
)
def test_a_tool_says_which_answers_mean_that_it_was_done(
    lane: Lane, shop: RawServer, body: bytes, status: str, words: str
) -> None:
    found = refund(lane, shop, Raw(body=body), key=False, done_if="result.body.ok")
    assert found.status == status
    assert len(shop.requests) == 1
    if words:
        assert words in said(lane)


def test_what_is_done_may_be_told_by_the_status_too(lane: Lane, shop: RawServer) -> None:
    done_if = "result.status == 201"
    assert refund(lane, shop, Raw(200), key=False, done_if=done_if).status == "failed"
    assert "It answered 200, and said that it did not do it" in said(lane)


def test_a_condition_that_is_none_is_found_before_anything_is_asked(
    lane: Lane, shop: RawServer
) -> None:
    tool = Tool.objects.get(name="shop.refund")
    Tool.objects.filter(pk=tool.pk).update(settings=tool.settings | {"done_if": "result.body.ok ="})
    lane.start()
    assert "is not a CEL expression" in said(lane)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"done_if": "result.body.ok ="}, "bad_expression"),
        ({"done_if": "body.ok"}, "unknown_name"),
        ({"done_if": "(" * 200 + "result" + ")" * 200}, "expression_limit"),
        ({"done_if": 7}, "bad_done_if"),
        ({"headers": {"X-Key": "t\u00f6k"}}, "bad_header"),
        ({"headers": {"X-Key": "a\nb"}}, "bad_header"),
        ({"headers": {"X Key": "a"}}, "bad_header"),
        ({"headers": {"": "a"}}, "bad_header"),
        ({"headers": {"X-Key": 7}}, "bad_header"),
        ({"headers": ["X-Key"]}, "bad_header"),
        ({"headers": {"content-length": "5"}}, "bad_header"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "bad_header"),
        ({"method": "POST /x"}, "bad_method"),
    ],
)
def test_settings_that_no_call_can_be_made_with_are_refused_when_they_are_saved(
    lane: Lane, settings: dict[str, Any], code: str
) -> None:
    tool = Tool.objects.get(name="shop.refund")
    before = tool.version
    with pytest.raises(Invalid, match=r"The settings of shop\.refund") as refused:
        change_tool(tool, actor=lane.world.staff(lane.client), settings=tool.settings | settings)
    assert refused.value.code == code
    assert Tool.objects.get(name="shop.refund").version == before
