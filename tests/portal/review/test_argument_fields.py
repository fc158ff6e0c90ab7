"""Arguments edited as what they are: dates, recipients, addresses, boxes; and what is refused."""

from typing import Any

import pytest

from approvals.gate.tools import add_tool
from approvals.models import Proposal, ReviewItem
from portal.review.argument_fields import Leaf, read
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.portal.review.item.test_content import propose
from tests.portal.review_kit import inside, text
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db
TEXT = {"type": "string"}
ADDRESS = {
    "type": "object",
    "required": ["street", "city"],
    "properties": {
        "street": {"type": "string", "maxLength": 20},
        "extra": TEXT,
        "city": TEXT,
        "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["on", "to"],
    "properties": {
        "on": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "to": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "email"}},
        "reply_to": {"type": "string", "format": "email"},
        "address": ADDRESS,
        "gift": {"type": "boolean"},
        "note": TEXT,
        "parts": {"type": "array", "items": {"type": "integer"}},
    },
}
ARGS = {
    "on": "2026-11-24",
    "at": "2026-11-24T09:30:15+00:00",
    "to": ["mia@customers.example", "theo@customers.example"],
    "reply_to": "shop@harbor-pine.example",
    "address": {"street": "1 Quay", "city": "Bristol", "zip": "12345"},
    "gift": True,
    "note": "Ring twice",
    "parts": [1, 2],
}
AS_SHOWN = {
    "arg-0-on": "2026-11-24",
    "arg-0-at": "2026-11-24T09:30",
    "arg-0-to": "mia@customers.example, theo@customers.example",
    "arg-0-reply_to": "shop@harbor-pine.example",
    "arg-0-address.street": "1 Quay",
    "arg-0-address.extra": "",
    "arg-0-address.city": "Bristol",
    "arg-0-address.zip": "12345",
    "arg-0-gift": ["no", "yes"],
    "arg-0-note": "Ring twice",
}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def item(world: World) -> ReviewItem:
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        Tenant.objects.filter(pk=client.tenant.pk).update(timezone="UTC")
        add_tool(
            name="shop.ship",
            title="Shipping",
            adapter="http",
            effect="write",
            kind="edit",
            settings={"url": "http://127.0.0.1:1/ship"},
            args_schema=SCHEMA,
            actor=world.staff(client),
        )
    return propose(client, "shop.ship", ARGS)


def now(client: Client) -> dict[str, Any]:
    """The arguments that stand."""
    with tenant_scope(client.tenant.pk):
        found = Proposal.objects.exclude(status="superseded").order_by("-id")[0].args
        return dict(found)


def test_each_is_a_field_of_its_kind(world: World, item: ReviewItem) -> None:
    page = text(inside(world.harbor).get(f"/review/{item.pk}/?edit=1"))
    assert 'name="arg-0-on" value="2026-11-24" type="date"' in page
    assert 'name="arg-0-at" value="2026-11-24T09:30" type="datetime-local"' in page
    assert 'name="arg-0-to" value="mia@customers.example, theo@customers.example"' in page
    assert 'name="arg-0-reply_to" value="shop@harbor-pine.example" inputmode="email"' in page
    assert '<label for="arg-0-address.street">Address, street</label>' in page
    assert 'name="arg-0-address.extra" value=""' in page
    assert 'name="arg-0-gift" value="yes" checked' in page
    assert "arg-0-parts" not in page  # a list of numbers is no field


def test_what_is_not_touched_stays_as_it_is_stored(world: World, item: ReviewItem) -> None:
    visitor = inside(world.harbor)
    refused = visitor.decide(item, "correct", **AS_SHOWN)
    assert refused.status_code == 400
    assert "Nothing was changed." in text(refused)
    assert visitor.decide(item, "correct", **AS_SHOWN | {"arg-0-note": "Once"}).status_code == 302
    assert now(world.harbor) == ARGS | {"note": "Once"}


def test_each_kind_is_read_back_as_what_it_is(world: World, item: ReviewItem) -> None:
    typed = {
        "arg-0-on": "2026-12-01",
        "arg-0-at": "2026-12-01T14:00",
        "arg-0-to": "rosa@customers.example; theo@customers.example,\r\nmia@customers.example",
        "arg-0-reply_to": " dana@harbor-pine.example ",
        "arg-0-address.street": "2 Quay",
        "arg-0-gift": "no",
    }
    assert inside(world.harbor).decide(item, "correct", **AS_SHOWN | typed).status_code == 302
    assert now(world.harbor) == ARGS | {
        "on": "2026-12-01",
        "at": "2026-12-01T14:00:00+00:00",
        "to": ["rosa@customers.example", "theo@customers.example", "mia@customers.example"],
        "reply_to": "dana@harbor-pine.example",
        "address": {"street": "2 Quay", "city": "Bristol", "zip": "12345"},
        "gift": False,
    }


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("on", "24.11.2026", "“24.11.2026” is no date for on."),
        ("on", "", "This is not in the form the tool takes."),
        ("at", "soon", "“soon” is no date and time for at."),
        ("to", "mia@customers.example, theo", "“theo” is no e-mail address for to."),
        ("to", " ", "Write at least one."),
        ("reply_to", "dana", "“dana” is no e-mail address for reply to."),
        ("address.street", "A very long street indeed", "At most 20 characters."),
        ("address.zip", "BS1", "This is not in the form the tool takes."),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    world: World, item: ReviewItem, field: str, typed: str, said: str
) -> None:
    given = AS_SHOWN | {"arg-0-note": "Ring once", f"arg-0-{field}": typed}
    given["arg-0-gift"] = "no"
    refused = inside(world.harbor).decide(item, "correct", **given)
    assert refused.status_code == 400
    page = text(refused)
    beside = f'<span class="bad small" id="arg-0-{field}-error">{said}</span>'
    assert beside in page
    assert page.count("aria-invalid") == 1
    assert "does not match" not in page
    assert f'name="arg-0-{field}" value="{typed}"' in page
    assert 'value="Ring once"' in page
    assert 'name="arg-0-gift" value="yes">' in page
    assert now(world.harbor) == ARGS


def test_all_mistakes_are_said_at_once(world: World, item: ReviewItem) -> None:
    given = AS_SHOWN | {"arg-0-on": "soon", "arg-0-reply_to": "dana"}
    page = text(inside(world.harbor).decide(item, "correct", **given))
    assert page.count("aria-invalid") == 2


def test_a_time_is_typed_in_the_clients_day(world: World, item: ReviewItem) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        Tenant.objects.filter(pk=world.harbor.tenant.pk).update(timezone="Asia/Tokyo")
    visitor = inside(world.harbor)
    assert 'value="2026-11-24T18:30"' in text(visitor.get(f"/review/{item.pk}/?edit=1"))
    given = {**AS_SHOWN, "arg-0-at": "2026-11-24T19:00"}
    assert visitor.decide(item, "correct", **given).status_code == 302
    assert now(world.harbor)["at"] == "2026-11-24T10:00:00+00:00"


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("48,20", "USD", 4820), ("1200,00", "EUR", 120000), ("-3,50", "USD", -350)],
)
def test_a_comma_of_a_phones_keyboard_is_taken_where_it_can_mean_one_thing(
    typed: str, currency: str, minor: int
) -> None:
    leaf = Leaf(("amount",), "money", {"value": 1, "currency": currency}, {})
    assert read(leaf, typed)["value"] == minor


@pytest.mark.parametrize(
    ("typed", "currency"),
    [("1,200", "USD"), ("1,200", "KWD"), ("48,2", "USD"), ("1,200.00", "USD"), ("48,20", "JPY")],
)
def test_a_comma_that_can_mean_two_things_is_refused(typed: str, currency: str) -> None:
    leaf = Leaf(("amount",), "money", {"value": 1, "currency": currency}, {})
    with pytest.raises(Invalid, match="Write it like"):
        read(leaf, typed)


@pytest.mark.parametrize(
    "typed",
    ["--5", "-", "", "9" * 5000, "9" * 17, "9007199254740993", "٣", "1e5", "−5", "½", "1_0"],
)
def test_what_is_no_whole_number_is_refused_in_words(typed: str) -> None:
    with pytest.raises(Invalid, match="no whole number") as refused:
        read(Leaf(("n",), "number", 4, {"type": "integer"}), typed)
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(("typed", "number"), [("5", 5), (" -5 ", -5), ("5\n", 5), ("007", 7)])
def test_a_whole_number_is_read(typed: str, number: int) -> None:
    assert read(Leaf(("n",), "number", 4, {"type": "integer"}), typed) == number
