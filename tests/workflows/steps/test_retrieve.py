"""What a run reads: granted, fresh, cited; and it says what it left out."""

from datetime import timedelta

import pytest

from approvals.models import ReviewItem
from tenants import clock
from tenants.models import Revision, Source
from tenants.sources.services import add_revision, verify
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition
from workflows.models import StepRun


def make_stale(name: str, days: int) -> None:
    source = Source.objects.get(name=name)
    source.verified_at = clock.now() - timedelta(days=source.max_age_days + days)
    source.save(update_fields=["verified_at"])


def retrieved() -> dict:
    output = StepRun.objects.get(name="facts").output
    assert output is not None
    return output


def test_a_run_keeps_which_revision_of_which_source_it_used(lane: Lane) -> None:
    lane.start()
    titles = {piece["title"] for piece in lane.item().evidence["sources"]}
    assert "Order 10412" in titles
    assert any(title.startswith("Returns policy §") for title in titles)
    current = {str(pk) for pk in Source.objects.values_list("revision_id", flat=True)}
    assert set(lane.proposals()["refund"].sources) == current
    assert lane.item().evidence["left_out"] == []


def test_a_stale_source_is_left_out_and_the_draft_says_so(lane: Lane) -> None:
    make_stale("returns-policy", days=3)
    lane.start()
    output = retrieved()
    assert [piece["kind"] for piece in output["found"]] == ["record"]
    assert output["left_out"][0]["title"] == "Returns policy"
    assert output["left_out"][0]["why"] == "Stale by 3 days"
    item = lane.item()
    assert item.evidence["left_out"][0]["title"] == "Returns policy"
    assert "We could not find an answer in our records." in item.draft["text"]
    assert "refunded in full" not in item.draft["text"]


def test_a_stale_record_source_gives_no_amount_to_refund(lane: Lane) -> None:
    make_stale("orders", days=0)
    lane.start()
    output = retrieved()
    assert output["records"] == {}
    assert output["missing"] == ["orders"]
    assert output["left_out"][0]["why"] == "Stale since today"
    assert lane.steps()["refund"] == "skipped"
    assert "We could not find" in lane.item().draft["text"]


def test_a_source_verified_again_is_used_again(lane: Lane) -> None:
    make_stale("returns-policy", days=3)
    verify(Source.objects.get(name="returns-policy").pk, actor=lane.client.actor())
    lane.start()
    assert retrieved()["left_out"] == []


def test_a_source_that_was_not_granted_is_never_read(lane: Lane) -> None:
    text = definition(REPLY + SEND).replace("[returns-policy, orders]", "[orders]")
    lane.use(text)
    lane.start()
    assert {piece["source"] for piece in retrieved()["found"]} == {"orders"}
    assert retrieved()["left_out"] == []


def test_an_order_that_is_not_there_is_named_as_missing(lane: Lane) -> None:
    lane.start(order_id="nobody's")
    assert retrieved()["missing"] == ["orders"]
    item = lane.item()
    assert item.evidence["missing"] == ["orders"]
    assert item.draft["text"].count("We could not find") == 1
    assert "We could not find your order in our records." in item.draft["text"]


def test_an_accepted_draft_does_not_become_a_source(lane: Lane) -> None:
    """Case L4."""
    before = Revision.objects.count()
    lane.start()
    lane.decide()
    assert Revision.objects.count() == before
    assert ReviewItem.objects.get().status == "decided"


ORDERS = "order_id,customer,delivered_on,total_cents\n{}\n"


def orders_are(lane: Lane, content: str, filename: str = "o.csv") -> None:
    actor = lane.world.staff(lane.client, lane.world.admin)
    source = Source.objects.get(name="orders")
    add_revision(source, filename=filename, content=content.encode(), actor=actor)


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("HP-10412", "hp-10412 "),
        ("HP-10412", "\u00a0HP-10412\u200b"),
        ("Bühne-7", "BU\u0308HNE-7"),
        ("Bu\u0308hne-7", "Bühne-7"),
        ("10412", 10412),
    ],
)
def test_a_key_is_found_as_people_write_it(lane: Lane, kept: str, asked: object) -> None:
    orders_are(lane, ORDERS.format(f"{kept},Ada,1 May,4820"))
    lane.start(order_id=asked)
    assert retrieved()["records"]["orders"]["customer"] == "Ada"
    assert retrieved()["missing"] == []


def test_the_case_counts_where_it_tells_two_records_apart(lane: Lane) -> None:
    orders_are(lane, ORDERS.format("ab,Ada,1 May,4820\nAB,Bea,1 May,1"))
    lane.start(order_id="AB")
    assert retrieved()["records"]["orders"]["customer"] == "Bea"
    StepRun.objects.filter(name="facts").update(name="former")
    lane.start(order_id="Ab")
    assert retrieved()["missing"] == ["orders"]


@pytest.mark.parametrize("asked", [True, ["10412"], {"a": 1}, None, "", 0])
def test_what_is_no_key_finds_nothing(lane: Lane, asked: object) -> None:
    orders_are(lane, ORDERS.format("True,Ada,1 May,4820\n48.2,Bea,1 May,1\nNone,C,1 May,1"))
    lane.start(order_id=asked)
    assert retrieved()["missing"] == ["orders"]


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("o.csv", ORDERS.format("10412,Ada,1 May,48.20")),
        ("o.csv", ORDERS.format('10412,Ada,1 May,"4,820"')),
        ("o.csv", ORDERS.format("10412,Ada,1 May,４８２０")),
        ("o.json", '[{"order_id": "10412", "customer": "Ada", "total_cents": 48.2}]'),
        ("o.json", '[{"order_id": "10412", "customer": "Ada", "total_cents": true}]'),
        ("o.json", '[{"order_id": "10412", "customer": "Ada", "total_cents": [4820]}]'),
    ],
    ids=range(6),
)
def test_an_amount_that_is_no_whole_number_becomes_no_other_sum(
    lane: Lane, filename: str, content: str
) -> None:
    """Nobody is asked to refund $0.48, and nobody reads an error of ours."""
    orders_are(lane, content, filename)
    lane.start()
    for _ in range(4):
        lane.pass_time(minutes=20)
    assert not [p for p in lane.proposals().values() if p.tool_name == "shop.refund"]
    said = " ".join(f"{item.title} {item.draft}" for item in ReviewItem.objects.all())
    assert not any(word in said for word in ("Error", "int()", "0.48", "Traceback"))
    assert said.strip()
