"""The source map: whole revisions or none, freshness by verification, search behind the wall."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from audit.models import Event
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Passage, Record, Revision, Source
from tenants.scope import current_tenant_id, tenant_scope
from tenants.sources import search
from tenants.sources.services import add_revision, add_source, verify
from tests.lanes import NOON
from tests.tenants.test_readers import pdf
from tests.world import Client, World, make_world


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with tenant_scope(world.harbor.tenant.pk):
        yield world.harbor


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


def test_freshness_counts_from_verification_never_from_use(client: Client) -> None:
    """Case L2."""
    assert not policy().is_stale
    clock.pass_time(timedelta(days=90) - timedelta(seconds=1))
    search.search_passages("refund", [policy().revision_id], tenant_id=current_tenant_id())  # type: ignore[list-item]
    assert not policy().is_stale
    clock.pass_time(timedelta(seconds=1))
    assert policy().is_stale
    assert policy().days_stale == 0
    clock.pass_time(timedelta(days=3))
    assert policy().days_stale == 3
    verify(policy().pk, actor=client.actor())
    assert not policy().is_stale
    assert Event.objects.latest("id").verb == "source.verified"


def test_its_owner_may_verify_and_a_viewer_who_is_not_may_not(client: Client) -> None:
    with pytest.raises(Forbidden):
        verify(policy().pk, actor=client.actor(client.viewer))
    Source.objects.update(owner=client.viewer)
    verify(policy().pk, actor=client.actor(client.viewer))


# -- Search --------------------------------------------------------------------------------


def found(query: str, **more: int) -> list[str]:
    revision = policy().revision_id
    assert revision is not None
    hits = search.search_passages(query, [revision], tenant_id=current_tenant_id(), **more)
    return [hit.text.split("\n")[0] for hit in hits]


def test_full_text_finds_other_forms_of_a_word_best_first(client: Client) -> None:
    assert found("refunding a damage")[0].startswith("Damaged items are refunded")
    assert found("what about postage when I change my mind")[0].startswith("Unused items")


def test_a_misspelt_word_is_found_by_its_letters(client: Client) -> None:
    assert found("dammaged") != []
    assert found("dammaged")[0].startswith("Damaged items")
    assert found("postge")[0].startswith("Unused items")


def test_what_is_not_there_is_not_found(client: Client) -> None:
    assert found("quarterly dividend") == []
    assert found("") == []
    assert found("   ") == []


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE x --", "a & | !", "<->", "((", "\\", "%_%", "é" * 3000, ":*", "1'2"]
)
def test_no_query_breaks_the_search(client: Client, query: str) -> None:
    found(query)


def test_another_clients_revision_is_never_searched(client: Client, world: World) -> None:
    with tenant_scope(world.quill.tenant.pk):
        foreign = policy().revision_id
    assert foreign is not None
    for tenant in (client.tenant.pk, world.quill.tenant.pk):
        assert search.search_passages("refund damaged", [foreign], tenant_id=tenant) == []
        assert search.search_passages("dammaged", [foreign], tenant_id=tenant) == []


def test_an_older_revision_is_not_searched_unless_it_is_asked_for(client: Client) -> None:
    old = policy().revision_id
    revise(client, policy(), "returns.md", b"# Returns\n\nDamaged items go to Dana.")
    assert found("damaged") == ["Damaged items go to Dana."]
    assert old is not None
    hits = search.search_passages("damaged", [old], tenant_id=current_tenant_id())
    assert hits[0].text.startswith("Damaged items are refunded")


def plan() -> str:
    revisions = list(Source.objects.values_list("revision_id", flat=True))
    values = {"query": "walnut zebra", "tenant": current_tenant_id(), "revisions": revisions}
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + search.FULL_TEXT.sql, {**values, "limit": 8})
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_search_uses_its_index_behind_the_wall(
    committed: None, super_connection: psycopg.Connection
) -> None:
    """DESIGN section 8: without LEAKPROOF a policy keeps Postgres from using it."""
    client = make_world().harbor
    text = "\n\n".join(f"Item {n} is a lamp of oak and brass. " * 20 for n in range(4000))
    with tenant_scope(client.tenant.pk):
        revise(client, policy(), "long.txt", text.encode())
    super_connection.execute("ANALYZE tenants_passage")
    with tenant_scope(client.tenant.pk):
        assert Passage.objects.count() > 2000
        assert search.uses_index()
        assert "Bitmap Index Scan on passage_search" in plan()
    function = "ts_match_vq(tsvector, tsquery)"
    try:
        super_connection.execute(f"ALTER FUNCTION {function} NOT LEAKPROOF")
        with tenant_scope(client.tenant.pk):
            assert not search.uses_index()
            assert "passage_search" not in plan()
            assert found("lamp", limit=3)  # slower, never wrong
    finally:
        super_connection.execute(f"ALTER FUNCTION {function} LEAKPROOF")
