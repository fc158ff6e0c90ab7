"""The sources of an item: which were cited, where each is shown, and how it stands."""

from datetime import timedelta
from typing import Any

import pytest

from portal.review.item.sources import ReadSource, cited_sources, read_source
from tenants import clock
from tests.approvals.unsaved import unsaved_item

PIECE = "00000000-0000-0000-0000-000000000007"
RECORD = {"n": 1, "kind": "record", "title": "Order 10412", "piece": PIECE, "owner": "Dana"}
POLICY = {
    "n": 2,
    "kind": "passage",
    "title": "Returns policy §1",
    "piece": PIECE,
    "owner": "Dana",
    "authority": 1,
    "heading": "Damaged items",
    "is_confirmed": True,
    "verified_at": (clock.now() - timedelta(days=6)).isoformat(),
}
OTHER = {**POLICY, "n": 3, "title": "Returns policy §2"}


def read(found: dict[str, Any]) -> ReadSource:
    return read_source(found, unsaved_item(opened_at=clock.now()))


def test_a_passage_says_who_owns_it_and_when_it_was_verified() -> None:
    found = read(POLICY)
    assert found.url == f"/sources/passages/{PIECE}/"
    assert (found.heading, found.owner, found.authority) == (
        "Damaged items",
        "Dana",
        "the last word",
    )
    assert (found.stands, found.is_open) == ("verified 6 days ago", False)


def test_an_upload_that_nobody_confirmed_says_so() -> None:
    found = read(POLICY | {"is_confirmed": False})
    assert (found.stands, found.is_open) == ("uploaded 6 days ago", True)


def test_a_record_was_read_when_the_item_was_made() -> None:
    found = read(RECORD)
    assert found.url == f"/sources/records/{PIECE}/"
    assert found.stands.startswith("read ")
    assert (found.authority, found.heading, found.is_open) == ("", "", False)


@pytest.mark.parametrize("missing", ["piece", "authority", "heading", "verified_at"])
def test_older_evidence_lacks_what_was_not_kept_then(missing: str) -> None:
    found = read({name: value for name, value in POLICY.items() if name != missing})
    assert found.title == "Returns policy §1"
    assert (found.url == "") == (missing == "piece")
    assert (found.stands == "verified never") == (missing == "verified_at")


@pytest.mark.parametrize(
    ("cited", "first", "rest"), [([2], [1, 2], [3]), ([], [1, 2, 3], []), ([3], [1, 3], [2])]
)
def test_records_and_what_is_cited_come_before_what_was_only_read(
    cited: list[int], first: list[int], rest: list[int]
) -> None:
    spans = [{"start": 0, "end": 1, "supported": True, "sources": [n]} for n in cited]
    item = unsaved_item(
        draft={"text": "Hi", "spans": spans}, evidence={"sources": [RECORD, POLICY, OTHER]}
    )
    found = cited_sources(item, item.text_draft)
    assert [[one.n for one in each] for each in (found.cited, found.also_read)] == [first, rest]
