"""People see which files go along with a mail, at which revision, and can open them."""

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.models import Proposal
from portal.review.item.attached_files import with_files
from portal.review.item.content import item_content
from tenants.models import Revision, Source
from tests.lanes import Lane, open_lane
from tests.portal.review_kit import inside, text
from tests.workflows.tools.test_attachments import ATTACHING, PRICES, add_prices, let_attach, revise

pytestmark = pytest.mark.django_db


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as lane:
        yield lane


@pytest.fixture
def asked(lane: Lane) -> Lane:
    """A mail with the price list waits for its approval."""
    add_prices(lane)
    let_attach(lane)
    lane.use(ATTACHING)
    lane.start(question="What do wheels cost?")
    return lane


def test_a_file_is_shown_at_the_revision_that_was_proposed(asked: Lane) -> None:
    revise(asked)
    item = asked.item()
    proposals = list(item.proposals.select_related("tool"))
    content = item_content(item, proposals, item.text_draft, "en_US")
    (action,) = with_files(content.actions, proposals)
    (file,) = action.files
    assert (file.name, file.title, file.number) == ("prices of ’26.md", "Price list", 1)
    assert file.size == len(PRICES)
    assert file.sha256 == Revision.objects.get(source__name="price-list", number=1).sha256


def test_no_query_is_made_for_an_action_without_files(
    lane: Lane, django_assert_num_queries: Any
) -> None:
    lane.start()
    item = lane.item()
    proposals = list(item.proposals.select_related("tool"))
    content = item_content(item, proposals, item.text_draft, "en_US")
    with django_assert_num_queries(0):
        shown = with_files(content.actions, proposals)
    assert [one.files for one in shown] == [(), ()]


def test_a_former_shape_of_the_argument_leaves_the_page_as_it_is(asked: Lane) -> None:
    Proposal.objects.update(args={"attachments": "price-list"})
    item = asked.item()
    proposals = list(item.proposals.select_related("tool"))
    content = item_content(item, proposals, item.text_draft, "en_US")
    (action,) = with_files(content.actions, proposals)
    assert action.files == ()


def test_the_card_links_the_file_and_the_file_is_what_was_uploaded(asked: Lane) -> None:
    visitor = inside(asked.client)
    page = text(visitor.get(f"/review/{asked.item().pk}/"))
    assert "Files that go along" in page
    assert "The file <b>prices of ’26.md</b> goes along." in page
    assert "/sources/price-list/revisions/1/file/" in page
    assert "prices of ’26.md" in page
    file = visitor.get("/sources/price-list/revisions/1/file/")
    assert file.content == PRICES
    assert file["Content-Disposition"].startswith("attachment; filename")
    assert file["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in file["Content-Security-Policy"]
    assert visitor.get("/sources/price-list/revisions/9/file/").status_code == 404


def test_a_person_takes_one_off_and_puts_another_on(asked: Lane) -> None:
    visitor, item = inside(asked.client), asked.item()
    page = text(visitor.get(f"/review/{item.pk}/?edit=1"))
    assert 'name="arg-0-attachments" value="price-list"' in page
    typed = {"arg-0-to": "mia@customers.example", "arg-0-subject": "Our prices"}
    typed |= {"arg-0-body": "Hello, our prices are attached."}
    wrong = visitor.decide(item, "correct", **typed, **{"arg-0-attachments": "orders"})
    assert wrong.status_code == 400
    typed["arg-0-attachments"] = " returns-policy ,price-list"
    assert visitor.decide(item, "correct", **typed).status_code == 302
    approved = Proposal.objects.get(status="approved")
    assert approved.args["attachments"] == ["returns-policy", "price-list"]
    names = Source.objects.filter(revision__in=approved.sources).values_list("name", flat=True)
    assert set(names) == {"returns-policy", "price-list"}
