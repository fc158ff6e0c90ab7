"""What a run reads: granted, fresh, cited; and it says what it left out."""

from datetime import timedelta

from approvals.models import ReviewItem
from tenants import clock
from tenants.models import Revision, Source
from tenants.sources.services import verify
from tests.lanes import Lane
from tests.workflows.definitions import REPLY, SEND, definition
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
    assert set(lane.proposals()["refund"].sources) <= current
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
    assert "could not find the customer of your order" in item.draft["text"]


def test_an_accepted_draft_does_not_become_a_source(lane: Lane) -> None:
    """Case L4."""
    before = Revision.objects.count()
    lane.start()
    lane.decide()
    assert Revision.objects.count() == before
    assert ReviewItem.objects.get().status == "decided"
