"""Reads of the source map give what is current, in order, and never the file itself."""

import pytest

from tenants.errors import NotFound
from tenants.ids import uuid7
from tenants.models import Passage, Source
from tenants.scope import tenant_scope
from tenants.sources import selectors
from tenants.sources.services import add_revision
from tests.world import POLICY, Client, World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def policy() -> Source:
    found = selectors.get_source("returns-policy")
    assert found is not None
    return found


def test_sources_come_by_name_with_their_current_revision(client: Client) -> None:
    found = list(selectors.sources())
    assert [one.name for one in found] == ["orders", "returns-policy"]
    assert [one.revision.number for one in found if one.revision] == [1, 1]
    assert "original" in found[0].revision.get_deferred_fields()  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        selectors.get_source("nothing")


def test_what_nobody_vouched_for_is_unconfirmed(client: Client) -> None:
    assert list(selectors.unconfirmed()) == []
    Source.objects.filter(name="orders").update(confirmed_by=None)
    assert [one.name for one in selectors.unconfirmed()] == ["orders"]


def test_revisions_come_newest_first_and_by_number(client: Client) -> None:
    add_revision(policy(), filename="a.md", content=b"# A\n\nAnother.", actor=client.actor())
    found = list(selectors.source_revisions(policy()))
    assert [one.number for one in found] == [2, 1]
    assert selectors.get_revision(policy(), 1) == found[1]
    with pytest.raises(NotFound):
        selectors.get_revision(policy(), 3)
    assert selectors.numbers({one.pk for one in found}) == {found[0].pk: 2, found[1].pk: 1}
    assert (selectors.numbers(set()), selectors.names(set())) == ({}, {})
    assert selectors.names({policy().pk, uuid7()}) == {policy().pk: "returns-policy"}


def test_passages_come_in_order_with_their_neighbours(client: Client) -> None:
    revision = policy().revision
    assert revision is not None
    found = list(selectors.document_passages(revision))
    assert [one.heading for one in found] == ["Damaged items", "Change of mind"]
    assert list(selectors.neighbours(found[0])) == [found[1]]
    assert list(selectors.neighbours(found[1])) == [found[0]]
    first = selectors.get_passage(found[0].pk)
    assert first is not None
    assert first.revision.source == policy()
    with pytest.raises(NotFound):
        selectors.get_passage(uuid7())
    assert first.text.encode() in POLICY


def test_records_come_by_key_and_by_how_it_begins(client: Client) -> None:
    orders = selectors.get_source("orders")
    assert orders is not None
    assert orders.revision is not None
    found = list(selectors.records(orders.revision))
    assert [one.key for one in found] == ["10412", "10413", "10414"]
    assert list(selectors.records(orders.revision, "10413")) == [found[1]]
    assert list(selectors.records(orders.revision, "0413")) == []
    assert selectors.get_record(found[0].pk) == found[0]
    with pytest.raises(NotFound):
        selectors.get_record(uuid7())
    assert selectors.same_record(orders, "10414") == found[2]
    assert selectors.same_record(orders, "99999") is None
    assert selectors.same_record(Source(name="new"), "10414") is None


def test_texts_and_fields_are_read_together_by_their_ids(client: Client) -> None:
    orders = selectors.get_source("orders")
    assert orders is not None
    assert orders.revision is not None
    record, passage = selectors.records(orders.revision)[0], Passage.objects.earliest("position")
    assert selectors.contents([record.pk, str(passage.pk), uuid7()]) == {
        str(record.pk): record.data,
        str(passage.pk): passage.text,
    }
    assert selectors.contents([]) == {}


def test_another_clients_content_is_not_there(client: Client, world: World) -> None:
    with tenant_scope(world.quill.tenant.pk):
        foreign = Passage.objects.earliest("position")
    with pytest.raises(NotFound):
        selectors.get_passage(foreign.pk)
    assert selectors.contents([foreign.pk]) == {}
