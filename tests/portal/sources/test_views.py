"""The source map and its pieces."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit import outbox
from tenants import clock
from tenants.models import Passage, Record, Revision, Source
from tenants.scope import tenant_scope
from tenants.sources.services import add_source
from tests.portal.visiting import Visitor, text, visit
from tests.world import ORDERS, Client, World, make_world

pytestmark = pytest.mark.django_db
NEW_POLICY = (
    b"# Returns policy\n\n## Damaged items\n\nDamaged items are replaced, never refunded.\n"
)


@pytest.fixture
def world() -> World:
    return make_world()


def upload(content: bytes, name: str = "returns.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def revise(visitor: Visitor, path: str, file: SimpleUploadedFile) -> None:
    """Upload a file, and let a worker read it."""
    assert visitor.post(path, file=file).status_code == 302
    outbox.drain()


def piece_of(client: Client, model: type[Passage] | type[Record]) -> UUID:
    with tenant_scope(client.tenant.pk):
        return model.objects.order_by("id").first().pk


def test_a_source_is_due_then_stale_and_confirming_makes_it_fresh(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    now = clock.now()
    with clock.at(now + timedelta(days=79, hours=23)):
        assert "To be confirmed within 10 days" in text(owner.get("sources/"))
    with clock.at(now + timedelta(days=102, hours=1)):
        assert "Stale for 12 days, so it is not used" in text(owner.get("sources/"))
        assert owner.post("sources/returns-policy/verify/").status_code == 302
        assert "Fresh for" in text(owner.get("sources/returns-policy/"))
        with tenant_scope(world.harbor.tenant.pk):
            assert Source.objects.get(name="returns-policy").verified_at == clock.now()
            assert Source.objects.get(name="orders").is_stale


def test_only_the_owner_of_a_source_or_a_manager_confirms_it(world: World) -> None:
    viewer = visit(world.harbor.viewer, world.harbor)
    assert "Still true" not in text(viewer.get("sources/returns-policy/"))
    assert viewer.post("sources/returns-policy/verify/").status_code == 403
    with tenant_scope(world.harbor.tenant.pk):
        Source.objects.filter(name="returns-policy").update(owner=world.harbor.viewer)
    assert "Still true" in text(viewer.get("sources/returns-policy/"))
    assert viewer.post("sources/returns-policy/verify/").status_code == 302


def test_adding_a_source_with_its_file_makes_both(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post(
        "add-source/",
        title="Shipping",
        name="shipping",
        kind="document",
        owner=str(world.harbor.owner.pk),
        authority=1,
        max_age_days=30,
        file=upload(b"# Shipping\n\nWe ship on Mondays.\n"),
    )
    assert answer.status_code == 302
    page = text(owner.get("sources/shipping/"))
    assert "“returns.md” is being read" in page
    assert "Nothing uploaded yet" not in page
    assert "A new file is being read" in text(owner.get("sources/"))
    assert "is being read" in text(owner.get("sources/shipping/reading/"))
    outbox.drain()
    assert owner.get("sources/shipping/reading/")["HX-Refresh"] == "true"
    page = text(owner.get("sources/shipping/"))
    assert "We ship on Mondays." in page
    assert "authority: the last word" in page


def test_a_file_that_can_not_be_read_says_why_on_the_page_of_its_source(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post(
        "add-source/",
        title="Broken",
        name="broken",
        kind="records",
        key_field="order_id",
        owner=str(world.harbor.owner.pk),
        authority=1,
        max_age_days=30,
        file=upload(b"order_id\n1\n1\n", "orders.csv"),
    )
    assert answer.status_code == 302
    outbox.drain()
    page = text(owner.get("sources/broken/"))
    assert "“orders.csv” can’t be read." in page
    assert "Record 2 has “1” a second time" in page
    assert "Nothing uploaded yet" in page
    assert "Its new file can’t be read" in text(owner.get("sources/"))
    with tenant_scope(world.harbor.tenant.pk):
        assert Revision.objects.count() == 2
    viewer = visit(world.harbor.viewer, world.harbor)
    assert "I have seen it" not in text(viewer.get("sources/broken/"))
    assert viewer.post("sources/broken/reading/put-away/").status_code == 403
    assert owner.post("sources/broken/reading/put-away/").status_code == 302
    assert "can’t be read" not in text(owner.get("sources/broken/"))


def test_a_file_of_another_ending_adds_no_source(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post(
        "add-source/",
        title="Broken",
        name="broken",
        kind="document",
        owner=str(world.harbor.owner.pk),
        authority=1,
        max_age_days=30,
        file=upload(b"MZ", "orders.exe"),
    )
    assert answer.status_code == 400
    assert "Upload one of these" in text(answer)
    with tenant_scope(world.harbor.tenant.pk):
        assert not Source.objects.filter(name="broken").exists()


def test_a_new_revision_that_fails_keeps_the_old_one(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    revise(owner, "sources/orders/revise/", upload(ORDERS + b"10412,x,,,,\n", "o.csv"))
    page = text(owner.get("sources/orders/"))
    assert "10412" in page
    assert "Workflows go on with the revision of before" in page
    with tenant_scope(world.harbor.tenant.pk):
        source = Source.objects.select_related("revision").get(name="orders")
        assert source.revision is not None
        assert source.revision.number == 1
        assert Revision.objects.filter(source=source).count() == 1


def test_searching_finds_passages_and_records(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    found = text(owner.get("sources/returns-policy/", q="who pays the postage"))
    assert "The customer pays the postage." in found
    assert "No return is needed." not in found
    assert "Nothing found" in text(owner.get("sources/returns-policy/", q="zebra crossing"))
    records = text(owner.get("sources/orders/", q="10413"))
    assert "oak stool" in records
    assert "ceramic lamp" not in records
    assert owner.get("sources/orders/", q="\x00").status_code == 200


def test_another_tenants_source_and_pieces_are_the_same_404_as_missing_ones(
    world: World,
) -> None:
    with tenant_scope(world.quill.tenant.pk):
        add_source(
            name="quills-own",
            title="Secret",
            kind="document",
            owner=world.quill.owner,
            actor=world.staff(world.quill),
        )
    visitor = visit(world.harbor.owner, world.harbor)
    pairs = [
        ("sources/quills-own/", "sources/never-was/"),
        (f"sources/passages/{piece_of(world.quill, Passage)}/", f"sources/passages/{uuid4()}/"),
        (f"sources/records/{piece_of(world.quill, Record)}/", f"sources/records/{uuid4()}/"),
    ]
    for foreign, missing in pairs:
        answers = [visitor.get(path) for path in (foreign, missing)]
        assert [a.status_code for a in answers] == [404, 404]
        assert text(answers[0]).replace(foreign, "") == text(answers[1]).replace(missing, "")
    assert visitor.post("sources/quills-own/verify/").status_code == 404
    assert visitor.post("sources/quills-own/revise/", file=upload(NEW_POLICY)).status_code == 404


def test_settings_of_a_source_change_with_a_line_in_the_record(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    form = {"title": "Order", "owner": str(world.harbor.owner.pk), "authority": 1}
    assert owner.post("sources/orders/", **form, max_age_days=7).status_code == 302
    assert "max age days from 90 to 7" in text(owner.get("record/"))
    viewer = visit(world.harbor.viewer, world.harbor)
    assert viewer.post("sources/orders/", **form, max_age_days=1).status_code == 403
