"""A source is revised as a whole or not at all, by those who may."""

from datetime import timedelta

import pytest

from audit.models import Event
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Passage, Record, Revision, Source
from tenants.sources.services import add_revision, add_source, verify
from tests.lanes import NOON
from tests.tenants.sources.test_readers import pdf
from tests.world import Client, World


def policy() -> Source:
    return Source.objects.get(name="returns-policy")


def orders() -> Source:
    return Source.objects.get(name="orders")


def revise(client: Client, source: Source, filename: str, content: bytes) -> Revision:
    return add_revision(source, filename=filename, content=content, actor=client.actor())


def test_a_revision_replaces_what_was_current_and_keeps_it(client: Client) -> None:
    before = policy().revision_id
    revise(client, policy(), "returns.pdf", pdf("Nothing is refunded any more."))
    after = policy().revision
    assert after is not None
    assert (after.number, after.pieces, after.media_type) == (2, 1, "application/pdf")
    assert after.pk != before
    assert Revision.objects.filter(pk=before).exists()
    event = Event.objects.filter(verb="source.revised").latest("id")
    assert event.after == {"revision": 2, "sha256": after.sha256, "pieces": 1}
    assert event.actor_label == str(client.owner)


@pytest.mark.parametrize(
    ("name", "filename", "content", "code"),
    [
        ("returns-policy", "a.pdf", b"no PDF", "unreadable_source"),
        ("returns-policy", "a.md", b"   \n\n", "empty_source"),
        ("returns-policy", "a.txt", b"x" * (20 * 1024 * 1024 + 1), "size"),
        ("returns-policy", "a.csv", b"a\n1\n", "unreadable_source"),
        ("orders", "a.csv", b"order_id,n\n", "empty_source"),
        ("orders", "a.csv", b"order_id,n\n1,a\n2,b\n1,c\n", "bad_key"),
        ("orders", "a.csv", b"order_id,n\n1,a\n,b\n", "bad_key"),
        ("orders", "a.csv", b"id,n\n1,a\n", "bad_key"),
        ("orders", "a.csv", b"order_id,n\n1,a\n2\n", "unreadable_source"),
        ("orders", "a.json", b'[{"order_id": "1"}, 7]', "unreadable_source"),
    ],
)
def test_a_bad_file_leaves_everything_as_it_was(
    client: Client, name: str, filename: str, content: bytes, code: str
) -> None:
    source = Source.objects.get(name=name)
    before = (source.revision_id, source.verified_at)
    counts = [m.objects.count() for m in (Revision, Passage, Record, Event)]
    with clock.at(NOON + timedelta(days=1)), pytest.raises(Invalid) as refused:
        revise(client, source, filename, content)
    assert refused.value.code == code
    # Nothing was written even where the caller goes on in the same transaction.
    source = Source.objects.get(name=name)
    assert (source.revision_id, source.verified_at) == before
    assert [m.objects.count() for m in (Revision, Passage, Record, Event)] == counts


def test_a_key_longer_than_its_column_is_an_error_and_no_clash(client: Client) -> None:
    rows = "".join(f"{'k' * 200}{n},x\n" for n in range(2))
    with pytest.raises(Invalid) as refused:
        revise(client, orders(), "a.csv", f"order_id,n\n{rows}".encode())
    assert refused.value.code == "bad_key"


def test_only_those_who_may_manage_sources(client: Client, world: World) -> None:
    for actor in (client.actor(client.viewer), client.actor(client.approver)):
        with pytest.raises(Forbidden):
            add_revision(policy(), filename="a.md", content=b"x", actor=actor)
    with pytest.raises(Conflict):
        add_source(
            name="orders", title="O", kind="document", owner=client.owner, actor=client.actor()
        )
    with pytest.raises(Invalid) as refused:
        add_source(name="new", title="N", kind="records", owner=client.owner, actor=client.actor())
    assert refused.value.code == "key_field"
    with pytest.raises(Invalid) as refused:
        add_source(
            name="new", title="N", kind="document", owner=world.quill.owner, actor=client.actor()
        )
    assert refused.value.code == "bad_owner"


def test_its_owner_may_verify_and_a_viewer_who_is_not_may_not(client: Client) -> None:
    with pytest.raises(Forbidden):
        verify(policy().pk, actor=client.actor(client.viewer))
    Source.objects.update(owner=client.viewer)
    verify(policy().pk, actor=client.actor(client.viewer))
