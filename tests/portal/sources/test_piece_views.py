"""Pieces of a source at the revision they were cited from, and the file of a revision."""

import pytest

from tenants.models import Passage, Record
from tenants.scope import tenant_scope
from tests.portal.sources.test_views import NEW_POLICY, piece_of, revise, upload
from tests.portal.visiting import text, visit
from tests.world import ORDERS, POLICY, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_cited_passage_opens_at_its_revision_and_says_when_a_newer_one_is_there(
    world: World,
) -> None:
    cited = piece_of(world.harbor, Passage)
    owner = visit(world.harbor.owner, world.harbor)
    page = text(owner.get(f"sources/passages/{cited}/"))
    assert "Damaged items are refunded in full" in page
    assert "Unused items can be returned" in page  # what stands next to it
    assert "has taken its place" not in page
    revise(owner, "sources/returns-policy/revise/", upload(NEW_POLICY))
    page = text(owner.get(f"sources/passages/{cited}/"))
    assert "Damaged items are refunded in full" in page
    assert "This is what revision 1 said. Revision 2" in page
    assert "replaced, never refunded" in text(owner.get("sources/returns-policy/"))
    assert "replaced" not in text(owner.get("sources/returns-policy/", revision="1"))
    assert owner.get("sources/returns-policy/", revision="3").status_code == 404


def test_a_cited_record_leads_to_the_same_record_now(world: World) -> None:
    cited = piece_of(world.harbor, Record)
    owner = visit(world.harbor.owner, world.harbor)
    assert "ceramic lamp" in text(owner.get(f"sources/records/{cited}/"))
    changed = ORDERS.replace(b"ceramic lamp", b"brass lamp")
    revise(owner, "sources/orders/revise/", upload(changed, "o.csv"))
    page = text(owner.get(f"sources/records/{cited}/"))
    assert "ceramic lamp" in page
    with tenant_scope(world.harbor.tenant.pk):
        now = Record.objects.get(key="10412", revision__number=2)
    assert f"/sources/records/{now.pk}/" in page


def test_the_file_of_each_revision_is_saved_as_it_was_uploaded(world: World) -> None:
    viewer = visit(world.harbor.viewer, world.harbor)
    owner = visit(world.harbor.owner, world.harbor)
    revise(owner, "sources/returns-policy/revise/", upload(NEW_POLICY))
    assert "/sources/returns-policy/revisions/2/file/" in text(
        viewer.get("sources/returns-policy/")
    )
    for number, content in ((1, POLICY), (2, NEW_POLICY)):
        file = viewer.get(f"sources/returns-policy/revisions/{number}/file/")
        assert (file.status_code, file.content) == (200, content)
        assert file["Content-Disposition"] == 'attachment; filename="returns.md"'
        assert file["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in file["Content-Security-Policy"]
    for missing in ("returns-policy/revisions/3", "never-was/revisions/1"):
        assert viewer.get(f"sources/{missing}/file/").status_code == 404


def test_the_name_of_a_file_makes_no_header_of_its_own(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    odd = upload(NEW_POLICY, "a; filename=b 'é'.md")
    revise(owner, "sources/returns-policy/revise/", odd)
    file = owner.get("sources/returns-policy/revisions/2/file/")
    assert file.content == NEW_POLICY
    named = file["Content-Disposition"]
    assert named == "attachment; filename*=utf-8''a%3B%20filename%3Db%20%27%C3%A9%27.md"


def test_a_revision_shows_what_it_changed_in_words(world: World) -> None:
    operator = visit(world.operator, world.harbor)
    changed = POLICY.replace(b"within 30 days", b"within 60 days")
    revise(operator, "sources/returns-policy/revise/", upload(changed))
    owner = visit(world.harbor.owner, world.harbor)
    assert "/revisions/2/changes/" in text(owner.get("sources/returns-policy/"))
    page = text(owner.get("sources/returns-policy/revisions/2/changes/"))
    assert "<del>30</del><ins>60</ins>" in page
    assert "Still true" in page  # who vouches for it is asked about what changed
    assert "Change of mind" not in page
    assert "Still true" not in text(
        visit(world.harbor.viewer, world.harbor).get("sources/returns-policy/revisions/2/changes/")
    )
    for number in (0, 1, 3):
        path = f"sources/returns-policy/revisions/{number}/changes/"
        assert owner.get(path).status_code == 404


def test_records_show_the_fields_that_changed(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    content = ORDERS.replace(b"ceramic lamp", b"brass <lamp>")
    revise(owner, "sources/orders/revise/", upload(content, "o.csv"))
    page = text(owner.get("sources/orders/revisions/2/changes/"))
    assert "<del>ceramic lamp</del>" in page
    assert "<ins>brass &lt;lamp&gt;</ins>" in page
    assert "Mia Chen" not in page
