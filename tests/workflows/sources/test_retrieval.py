"""What a workflow is given: within its limits, and with what was left out."""

from collections.abc import Iterator

import pytest

from tenants.models import Source, User
from tenants.scope import tenant_scope
from tenants.sources.lookup import granted_sources
from tenants.sources.services import add_revision, add_source
from tests.world import Client, make_world
from workflows.sources.retrieval import (
    RetrievalLimits,
    passages_of_other_sources,
    retrieve_pieces,
)

NAMES = ("returns-policy", "orders")
AMPLE = RetrievalLimits(passages=6, token_budget=1500, beyond=5)


@pytest.fixture
def client(db: None) -> Iterator[Client]:
    """A client, inside its scope."""
    found = make_world().harbor
    with tenant_scope(found.tenant.pk):
        yield found


def lamps(client: Client, count: int) -> None:
    text = "\n\n".join(f"Damaged lamp number {n}. {'Words follow. ' * 60}" for n in range(count))
    policy = Source.objects.get(name="returns-policy")
    add_revision(policy, filename="p.txt", content=text.encode(), actor=client.actor())


def test_records_come_first_and_all_is_numbered(client: Client) -> None:
    found = retrieve_pieces("damaged items", NAMES, {"orders": "10412"}, AMPLE)
    assert [(piece["n"], piece["kind"]) for piece in found.found][:2] == [
        (1, "record"),
        (2, "passage"),
    ]
    assert found.records["orders"]["customer"] == "Mia Chen"
    assert retrieve_pieces("x", NAMES, {"orders": "1"}, AMPLE).missing == ["orders"]


def test_passages_beyond_the_limit_are_told_and_no_more(client: Client) -> None:
    lamps(client, 12)
    found = retrieve_pieces("damaged lamp", NAMES, {}, RetrievalLimits(3, 20_000, beyond=4))
    assert len(found.found) == 3
    assert [one.why for one in found.left_out] == ["Below the limit of 3 passages"] * 4
    assert found.hits.keys() == {piece["piece"] for piece in found.found}


def test_the_best_passage_is_kept_even_over_the_budget(client: Client) -> None:
    lamps(client, 3)
    found = retrieve_pieces(
        "damaged lamp", NAMES, {"orders": "10412"}, RetrievalLimits(3, 100, beyond=1)
    )
    assert [piece["kind"] for piece in found.found] == ["record", "passage"]
    assert {one.why for one in found.left_out} == {"Over the budget of 100 tokens"}


def test_what_is_not_granted_is_told_apart(client: Client) -> None:
    (one,) = passages_of_other_sources("damaged items", ["orders"], 1)
    assert (one.source.name, one.why) == ("returns-policy", "Not granted to this workflow")
    assert passages_of_other_sources("damaged items", NAMES, 1) == []


def test_each_source_has_its_owner(client: Client) -> None:
    other = User.objects.get(pk=client.approver.pk)
    source = add_source(
        name="more", title="More", kind="document", owner=other, actor=client.actor()
    )
    granted = granted_sources([*NAMES, "more"], {})
    assert {one.source.name: one.source.owner for one in granted} == {
        "returns-policy": client.owner,
        "orders": client.owner,
        source.name: other,
    }
