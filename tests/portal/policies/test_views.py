"""The page of policies, and what the page of an item says of one."""

from datetime import timedelta
from html import unescape

import pytest
from django.http import HttpResponse

from approvals.gate.tools import add_tool
from approvals.models import Absence, Decision, Policy, ReviewItem, SignOff
from audit.models import Event
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.markup import Markup
from tests.portal import review_kit
from tests.portal.review_kit import Visitor, ask, inside
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
TWO = {"kind": "refund", "over": "25", "who": "owner", "needed": "1", "hours": "8"}


def text(answer: HttpResponse) -> str:
    """What a person reads."""
    return Markup(unescape(review_kit.text(answer)))


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


def two_sign(world: World, owner: Visitor) -> ReviewItem:
    """An item that the owner and the approver both have to approve."""
    approver = str(world.harbor.approver.pk)
    assert owner.post("/policies/add/", TWO | {"also": approver}).status_code == 302
    return ask(world.harbor)


def test_a_policy_is_set_shown_and_removed(world: World, owner: Visitor) -> None:
    assert owner.post("/policies/add/", TWO).status_code == 302
    said = "Refunds over $25.00 need an owner; after 8 working hours it expires"
    assert said in text(owner.get("/policies/"))
    with tenant_scope(world.harbor.tenant.pk):
        policy = Policy.objects.get()
        assert policy.over == 2500
        (event,) = Event.objects.filter(verb="policy.added")
        assert event.after["policy"].startswith(said)
    page = text(owner.get(f"/policies/{policy.pk}/"))
    assert "25.00" in page
    changed = TWO | {"over": "100", "hours": ""}
    assert owner.post(f"/policies/{policy.pk}/", changed).status_code == 302
    assert "Refunds over $100.00 need an owner." in text(owner.get("/policies/"))
    assert owner.post(f"/policies/{policy.pk}/remove/", {}).status_code == 302
    assert "There is none yet" in text(owner.get("/policies/"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"over": "a lot"}, "Write an amount such as 25"),
        ({"over": "1.234"}, "Write an amount such as 25"),
        ({"kind": "nothing"}, "Select a valid choice"),
        ({"who": []}, "This field is required"),
        ({"needed": "3"}, "There are not enough people"),
        ({"backup_after": "3"}, "Choose who is asked too"),
    ],
)
def test_what_makes_no_sense_comes_back_with_what_was_typed(
    world: World, owner: Visitor, changes: dict, said: str
) -> None:
    answer = owner.post("/policies/add/", TWO | changes)
    assert answer.status_code == 400
    page = text(answer)
    assert said in page
    assert 'value="8"' in answer.content.decode()
    with tenant_scope(world.harbor.tenant.pk):
        assert not Policy.objects.exists()


def test_the_preview_says_it_in_words_and_writes_nothing(world: World, owner: Visitor) -> None:
    approver = world.harbor.approver
    page = text(owner.post("/policies/preview/", TWO | {"also": str(approver.pk)}))
    assert f"Refunds over $25.00 need an owner, and {approver};" in page
    assert "not enough people" in text(owner.post("/policies/preview/", TWO | {"needed": "2"}))
    with tenant_scope(world.harbor.tenant.pk):
        assert not Policy.objects.exists()


def test_others_read_it_and_change_nothing(world: World, owner: Visitor) -> None:
    owner.post("/policies/add/", TWO)
    with tenant_scope(world.harbor.tenant.pk):
        policy = Policy.objects.get()
    for user in (world.harbor.approver, world.harbor.viewer, world.operator):
        visitor = inside(world.harbor, user)
        page = text(visitor.get("/policies/"))
        assert "Refunds over $25.00" in page
        assert "Add a policy" not in page
        assert visitor.get(f"/policies/{policy.pk}/").status_code == 403
        for path, form in (
            ("/policies/add/", TWO),
            (f"/policies/{policy.pk}/", TWO),
            (f"/policies/{policy.pk}/remove/", {}),
            (f"/policies/{policy.pk}/up/", {}),
            ("/policies/hours/", {"days": "1", "opens": "08:00", "closes": "09:00"}),
        ):
            assert visitor.post(path, form).status_code == 403, path


def test_working_hours_are_the_owners_to_set(world: World, owner: Visitor) -> None:
    form = {"days": ["1", "5"], "opens": "10:00", "closes": "14:30"}
    assert owner.post("/policies/hours/", form).status_code == 302
    assert "Tuesday, Saturday, 10:00 to 14:30" in text(owner.get("/policies/"))
    assert Tenant.objects.get(pk=world.harbor.tenant.pk).working_hours["days"] == [1, 5]
    bad = owner.post("/policies/hours/", form | {"closes": "09:00"})
    assert bad.status_code == 400
    assert "Work must end after it begins" in text(bad)


def test_an_approver_notes_their_own_absence_only(world: World) -> None:
    client = world.harbor
    visitor = inside(client, client.approver)
    today = clock.now().date()
    form = {
        "person": str(client.approver.pk),
        "first": str(today),
        "last": str(today + timedelta(days=7)),
        "stand_in": str(client.owner.pk),
    }
    other = visitor.post("/policies/away/", form | {"person": str(client.owner.pk)})
    assert other.status_code == 400
    assert visitor.post("/policies/away/", form).status_code == 302
    assert f"{client.owner} stands in" in text(visitor.get("/policies/"))
    assert "taken already" in text(visitor.post("/policies/away/", form))
    with tenant_scope(client.tenant.pk):
        absence = Absence.objects.get()
    assert visitor.post(f"/policies/away/{absence.pk}/end/", {}).status_code == 302
    assert "Nobody is away" in text(visitor.get("/policies/"))


def test_the_item_says_who_must_agree_and_who_has(world: World, owner: Visitor) -> None:
    client = world.harbor
    item = two_sign(world, owner)
    page = text(owner.get(f"/review/{item.pk}/"))
    assert f"By your policy it needs an owner, and {client.approver}" in page
    assert "Approve, and 1 more must" in page
    seen = {"choice": "accept", "content_hash": item.content_hash}
    assert owner.post(f"/review/{item.pk}/decide/", seen).status_code == 302
    page = text(owner.get(f"/review/{item.pk}/"))
    assert "Approved by you, and it needs somebody else too" in page
    assert f"{client.owner} approved it" in page
    assert "You have approved this. You can still reject it." in page
    assert "0 waiting" in text(owner.get("/review/"))
    other = inside(client, client.approver)
    assert "1 waiting" in text(other.get("/review/"))
    assert "Approve, refund and send" in text(other.get(f"/review/{item.pk}/"))
    assert other.post(f"/review/{item.pk}/decide/", seen).status_code == 302
    with tenant_scope(client.tenant.pk):
        assert SignOff.objects.count() == Decision.objects.count() == 1


def test_an_edit_asks_the_others(world: World, owner: Visitor) -> None:
    item = two_sign(world, owner)
    page = text(owner.get(f"/review/{item.pk}/?edit=1"))
    assert "Ask others to approve my version" in page
    form = {"choice": "correct", "content_hash": item.content_hash, "draft": "Better, Mia."}
    answer = owner.post(f"/review/{item.pk}/decide/", form)
    assert answer.status_code == 302
    other = inside(world.harbor, world.harbor.approver)
    page = text(other.get(f"/review/{item.pk}/"))
    assert "Better, Mia." in page
    # Case A16: who did not see it before is shown all that was edited, and by whom.
    assert "Edited by Owner Harbor & Pine, drafted by" in page
    assert "What was edited" in page
    assert "<ins>Better" in page
    assert "Your version waits for somebody else" in text(owner.get("/review/"))
    assert "What was edited" not in text(owner.get(f"/review/{item.pk}/"))  # their own


def test_who_is_not_asked_sees_why(world: World, owner: Visitor) -> None:
    owner.post("/policies/add/", TWO)
    item = ask(world.harbor)
    other = inside(world.harbor, world.harbor.approver)
    assert "You can look. It needs an owner." in text(other.get(f"/review/{item.pk}/"))
    seen = {"choice": "accept", "content_hash": item.content_hash}
    refused = other.post(f"/review/{item.pk}/decide/", seen)
    assert refused.status_code == 403
    assert "This needs an owner." in text(refused)


def test_tools_whose_amounts_cant_be_read_are_named(world: World, owner: Visitor) -> None:
    """Case A13: a policy on amounts says of which tools it holds every use."""
    properties = {"order": {"type": "string"}, "amount_cents": {"type": "integer"}}
    with tenant_scope(world.harbor.tenant.pk):
        add_tool(
            name="bank.refund",
            title="Bank refund",
            adapter="http",
            effect="write",
            kind="refund",
            args_schema={"type": "object", "properties": properties},
            actor=world.staff(world.harbor),
        )
    assert "Bank refund" in text(owner.post("/policies/preview/", TWO))
    owner.post("/policies/add/", TWO)
    page = text(owner.get("/policies/"))
    assert "so it holds every use of them: Bank refund." in page
    owner.post("/policies/add/", TWO | {"over": "", "kind": "send"})
    assert text(owner.get("/policies/")).count("holds every use of them") == 1


def test_staff_see_policies_and_set_none(world: World) -> None:
    """Case 9c: how many must agree is the client's to say."""
    staff = inside(world.harbor, world.admin)
    page = text(staff.get("/policies/"))
    assert "Add the policy" not in page
    for path, data in (("add", TWO), ("take-back", {"seconds": "0"}), ("hours", {})):
        assert staff.post(f"/policies/{path}/", data).status_code in (403, 404)
    with tenant_scope(world.harbor.tenant.pk):
        assert not Policy.objects.exists()
