"""Files are read by a worker; until then, and where one can't be read, the old revision stays."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from audit import outbox
from audit.models import Event
from tenants import clock
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.models import Membership, Passage, Revision, Source, SourceReading
from tenants.scope import tenant_scope
from tenants.sources import reading_apart
from tests.tenants.sources.test_readers import pdf
from tests.world import POLICY, Client, World, make_world
from workflows.sources import reading

pytestmark = pytest.mark.django_db
NEW = b"# Returns\n\nNothing is refunded any more.\n"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with tenant_scope(world.harbor.tenant.pk):
        yield world.harbor


def policy() -> Source:
    return Source.objects.select_related("revision").get(name="returns-policy")


def upload(client: Client, content: bytes = NEW, name: str = "returns.md") -> SourceReading | None:
    return reading.upload_file(policy(), filename=name, content=content, actor=client.actor())


def test_a_file_becomes_a_revision_once_a_worker_read_it(client: Client) -> None:
    upload(client)
    assert policy().revision.number == 1
    assert reading.readings_of([policy()])[policy().pk].filename == "returns.md"
    assert outbox.drain(client.tenant.pk)
    assert policy().revision.number == 2
    assert [p.text for p in Passage.objects.filter(revision=policy().revision)] == [
        "Nothing is refunded any more."
    ]
    assert reading.readings_of([policy()]) == {}
    event = Event.objects.filter(verb="source.revised").latest("id")
    assert event.actor_label == str(client.owner)


def test_a_file_that_can_not_be_read_says_why_and_leaves_the_revision(client: Client) -> None:
    upload(client, b"no PDF", "returns.pdf")
    outbox.drain(client.tenant.pk)
    [failed] = SourceReading.objects.all()
    assert "it is damaged or locked, or no PDF" in failed.problem
    assert bytes(failed.content) == b""
    assert policy().revision.number == 1
    reading.put_away(policy(), actor=client.actor())
    assert not SourceReading.objects.exists()
    with pytest.raises(NotFound):
        reading.put_away(policy(), actor=client.actor())


def test_a_file_whose_pieces_do_not_fit_says_why(client: Client) -> None:
    orders = Source.objects.get(name="orders")
    reading.upload_file(orders, filename="o.csv", content=b"order_id\n1\n1\n", actor=client.actor())
    outbox.drain(client.tenant.pk)
    assert "a second time" in SourceReading.objects.get().problem
    assert Revision.objects.filter(source=orders).count() == 1


def test_a_later_upload_takes_the_place_of_one_that_waits(client: Client) -> None:
    upload(client)
    second = upload(client, b"# Returns\n\nAll is refunded.\n")
    assert second is not None
    assert [row.pk for row in SourceReading.objects.all()] == [second.pk]
    outbox.drain(client.tenant.pk)
    assert Revision.objects.filter(source=policy()).count() == 2
    assert Passage.objects.get(revision=policy().revision).text == "All is refunded."


def test_a_later_upload_while_one_is_read_wins(client: Client) -> None:
    upload(client)
    job = reading.read_due_file(_claim_of(client))
    assert job is not None
    upload(client, b"# Returns\n\nAll is refunded.\n")
    with ThreadPoolExecutor(1) as pool:
        pieces = pool.submit(asyncio.run, job.perform()).result()  # type: ignore[arg-type]
    job.store_result(pieces)
    assert policy().revision.number == 1
    outbox.drain(client.tenant.pk)
    assert Passage.objects.get(revision=policy().revision).text == "All is refunded."


def _claim_of(client: Client) -> outbox.Claim:
    row = SourceReading.objects.get()
    return outbox.Claim(row.pk, client.tenant.pk, reading.TOPIC, row.pk, 1)


def test_the_file_that_it_holds_already_is_not_read_again(client: Client, world: World) -> None:
    """L2: who vouches for it has said by that that it is still true, and nobody else has."""
    now = clock.now()
    with clock.at(now + timedelta(days=30)):
        assert (
            reading.upload_file(
                policy(), filename="returns.md", content=POLICY, actor=world.staff(client)
            )
            is None
        )
        assert policy().verified_at < now + timedelta(days=1)
        assert upload(client, POLICY) is None
        assert policy().verified_at == now + timedelta(days=30)
    assert Revision.objects.filter(source=policy()).count() == 1
    assert not SourceReading.objects.exists()


def test_the_same_file_under_another_name_is_a_revision(client: Client) -> None:
    """Its name says how it is read, and stands on cards that attach it."""
    assert upload(client, POLICY, "returns.txt") is not None


def test_it_takes_the_place_of_one_that_waits(client: Client) -> None:
    upload(client)
    assert upload(client, POLICY) is None
    outbox.drain(client.tenant.pk)
    assert Revision.objects.filter(source=policy()).count() == 1


def test_one_who_left_meanwhile_adds_nothing(client: Client) -> None:
    upload(client)
    Membership.objects.filter(user=client.owner).update(is_active=False)
    outbox.drain(client.tenant.pk)
    assert SourceReading.objects.get().problem == reading.GONE
    assert policy().revision.number == 1


def test_who_may_not_manage_sources_uploads_and_puts_away_nothing(client: Client) -> None:
    viewer = client.actor(client.viewer)
    with pytest.raises(Forbidden):
        reading.upload_file(policy(), filename="a.md", content=NEW, actor=viewer)
    with pytest.raises(Forbidden):
        reading.put_away(policy(), actor=viewer)


def test_an_ending_that_is_not_read_is_refused_at_once(client: Client) -> None:
    with pytest.raises(Invalid, match=r"Upload one of these: .*\.docx"):
        upload(client, b"x", "a.exe")
    assert not SourceReading.objects.exists()


def test_how_far_a_long_file_was_read_is_stored(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "TOLD_EVERY", 0)
    each = "import tenants.sources.reading_apart as apart; apart.TOLD_EVERY = 0; read("
    monkeypatch.setattr(reading_apart, "CODE", reading_apart.CODE.replace("read(*", f"{each}*"))
    upload(client, pdf(*["Damaged items are refunded."] * 4), "long.pdf")
    seen: list[int | None] = []
    stored = reading._percentages

    def watched(claim: outbox.Claim) -> Any:
        told = stored(claim)

        def tell(done: int, total: int) -> None:
            told(done, total)
            seen.append(done * 100 // total)

        return tell

    monkeypatch.setattr(reading, "_percentages", watched)
    outbox.drain(client.tenant.pk)
    assert seen == [25, 50, 75, 100]
    assert policy().revision.pieces == 4


def test_a_parked_file_says_that_it_was_lost(client: Client) -> None:
    upload(client)
    reading.note_reading_failure(_claim_of(client), "broken")
    assert SourceReading.objects.get().problem == reading.LOST
