"""The filled form of an action on its card: a picture, the same in words, or why there is none."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.models import Proposal, ReviewItem, Tool
from tenants import clock
from tenants.models import Provider
from tenants.scope import tenant_scope
from tenants.services.tenants import stop_everything
from tests.portal.review_kit import ask, inside
from tests.world import Client, World, make_world
from workflows.models import FormPreview, Workflow
from workflows.services.definitions import pause

pytestmark = pytest.mark.django_db
FIELDS = [
    {"label": "Order", "value": "10412"},
    {"label": "Why\u202e", "value": "<b>late</b>"},
    {"label": "PIN", "is_covered": True},
    {"label": "", "name": "form-token", "kind": "hidden", "is_seen": False},
    {"label": "", "name": "amount", "value": "100", "sent": "1f", "is_seen": False},
    {"label": "", "name": "payee", "sent": "2f", "is_seen": False},
]
FORM = {
    "address": "https://admin.shop.example/refunds",
    "method": "post",
    "page": "https://admin.shop.example/refunds/new",
    "is_cut": False,
    "fields": [
        {"name": "n", "kind": "text", "value": "", "sent": "", "is_seen": True, "is_covered": False}
        | one
        for one in FIELDS
    ],
}
PICTURE = b"\xff\xd8 a form"


@pytest.fixture
def world() -> World:
    return make_world()


def previewed(client: Client, **values: Any) -> tuple[ReviewItem, Proposal]:
    """An item whose first action is of a tool that fills a form, with that form if given."""
    item = ask(client)
    with tenant_scope(client.tenant.pk):
        proposal = item.proposals.order_by("position")[0]
        Tool.objects.filter(pk=proposal.tool_id).update(adapter="browser")
        if values:
            FormPreview.objects.create(proposal=proposal, **values)
    return item, proposal


def test_the_card_shows_the_picture_and_its_fields_in_words(world: World) -> None:
    item, proposal = previewed(world.harbor, form=FORM, content=PICTURE)
    visitor = inside(world.harbor, world.harbor.approver)
    page = visitor.get(f"/review/{item.pk}/").content.decode()
    address = f"/review/{item.pk}/forms/{proposal.pk}/picture/"
    assert f'src="/t/{world.harbor.tenant.slug}{address}"' in page
    assert "Order: 10412; Why" in page  # the words of the picture
    assert "&lt;b&gt;late&lt;/b&gt;" in page
    assert "⟦U+202E⟧" in page
    assert "covered, as it is a secret" in page
    assert "form-token" not in page
    unseen = page.partition("without showing it")[2]
    assert unseen.index("amount") < unseen.index("100") < unseen.index("payee")
    assert "a value that is not told here" in unseen
    answer = visitor.get(address)
    assert (answer.content, answer["Content-Type"]) == (PICTURE, "image/jpeg")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, no-store"


def test_a_form_without_a_picture_is_told_in_words_with_the_reason(world: World) -> None:
    item, _ = previewed(world.harbor, form=FORM, problem="The page shows a secret.")
    page = inside(world.harbor).get(f"/review/{item.pk}/").content.decode()
    assert "There is no picture of the form. The page shows a secret." in page
    assert "10412" in page
    assert "<img" not in page


def test_a_form_that_could_not_be_filled_says_why(world: World) -> None:
    item, proposal = previewed(world.harbor, problem="The page shows no “Order”.")
    visitor = inside(world.harbor)
    page = visitor.get(f"/review/{item.pk}/").content.decode()
    assert "There is no picture of the form. The page shows no “Order”." in page
    assert "Decide by what stands above" in page
    assert visitor.get(f"/review/{item.pk}/forms/{proposal.pk}/picture/").status_code == 404


def test_a_form_that_is_being_filled_comes_by_itself(world: World) -> None:
    item, proposal = previewed(world.harbor)
    visitor = inside(world.harbor)
    part = f"/review/{item.pk}/forms/{proposal.pk}/"
    page = visitor.get(f"/review/{item.pk}/").content.decode()
    assert f'hx-get="/t/{world.harbor.tenant.slug}{part}"' in page
    with tenant_scope(world.harbor.tenant.pk):
        FormPreview.objects.create(proposal=proposal, form=FORM, content=PICTURE)
    shown = visitor.get(part).content.decode()
    assert "<img" in shown
    assert "hx-get" not in shown


def test_a_form_that_never_came_is_not_waited_for(world: World) -> None:
    item, _ = previewed(world.harbor)
    with clock.at(clock.now() + timedelta(minutes=11)):
        page = inside(world.harbor).get(f"/review/{item.pk}/").content.decode()
    assert "It has not been filled in so far." in page
    assert "every 3s" not in page


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("client", "Harbor &amp; Pine has stopped everything."),
        ("provider", "Northlight Operations has stopped all work."),
        ("workflow", "Refund replies is paused."),
    ],
)
def test_nothing_is_said_to_be_filled_in_while_it_is_stopped(
    world: World, what: str, said: str
) -> None:
    item, proposal = previewed(world.harbor)
    stop(world, item, what)
    visitor = inside(world.harbor)
    with clock.at(clock.now() + timedelta(minutes=11)):
        for path in (f"/review/{item.pk}/", f"/review/{item.pk}/forms/{proposal.pk}/"):
            page = visitor.get(path).content.decode()
            assert f"{said} No form is filled in meanwhile." in page
            assert "is being filled in" not in page
            assert "every 3s" in page


def stop(world: World, item: ReviewItem, what: str) -> None:
    """Stop the client, its provider or the item's workflow alone."""
    with tenant_scope(world.harbor.tenant.pk):
        if what == "client":
            stop_everything(actor=world.harbor.actor(), reason="look")
        elif what == "provider":
            Provider.objects.update(stopped_at=clock.now())
        else:
            workflow = Workflow.objects.get(pk=item.workflow_id)
            pause(workflow, actor=world.harbor.actor(), reason="look")


def test_forms_are_shown_to_their_client_alone_and_under_their_item(world: World) -> None:
    other = ask(world.harbor)
    _, theirs = previewed(world.quill, form=FORM, content=PICTURE)
    item, mine = previewed(world.harbor, form=FORM, content=PICTURE)
    visitor = inside(world.harbor)
    own = mine.pk
    assert visitor.get(f"/review/{item.pk}/forms/{own}/picture/").status_code == 200
    for item_id, proposal_id in ((item.pk, theirs.pk), (other.pk, own)):
        for end in ("", "picture/"):
            path = f"/review/{item_id}/forms/{proposal_id}/{end}"
            assert visitor.get(path).status_code == 404
