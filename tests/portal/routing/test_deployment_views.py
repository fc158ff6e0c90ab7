"""Pages of deployments: who sees and changes them, what is refused, and what a try shows."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils.http import urlencode

from tenants import clock
from tenants.models import Provider
from tests.browsing import browser, post
from tests.portal.visiting import text
from tests.processes import wait_until
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, let_hold, table_with
from tests.world import World, make_world
from workflows.models import DeploymentTry, RoutingVersion
from workflows.routing.selectors import table_of
from workflows.routing.table import RoutingTable
from workflows.routing.tries.runner import begin_tries

pytestmark = pytest.mark.usefixtures("committed")
PATH = "/desk/models/deployments/"
ADD, TRY, TRIED, REMOVE = (f"{PATH}{one}/" for one in ("add", "try", "tried", "remove"))
KEPT = "can&#x27;t be kept"
NEW = {"name": "openai/gpt-4.1", "title": "the new model", "strength": "quick", "sees": "public"}


@pytest.fixture
def world(committed: None) -> World:
    made = make_world()
    let_hold(TABLE, made.admin)
    return made


def at(path: str, name: str = QUICK, **more: str) -> str:
    return f"{path}?{urlencode({'name': name, **more})}"


def held() -> RoutingTable:
    table = table_of(Provider.objects.get())
    assert table is not None
    return table


def test_clients_people_find_no_such_page(world: World) -> None:
    owner = browser(world.harbor.owner)
    for path in (at(PATH), ADD, at(TRIED)):
        assert owner.get(path).status_code == 404
    for path in (at(PATH), ADD, TRY, REMOVE):
        assert owner.post(path, {"name": QUICK, "after": 1}).status_code == 404
    assert Browser().get(at(PATH)).status_code == 302
    assert not DeploymentTry.objects.exists()


def test_staff_see_a_deployment_and_admins_alone_change_it(world: World) -> None:
    staff = browser(world.operator)
    page = text(staff.get(at(PATH)))
    assert "the quick model" in page
    assert "row 3: Every other call" in page
    assert "It was not tried yet." in page
    assert "<form" not in page.partition("<main")[2]
    assert staff.get(ADD).status_code == 403
    for path in (at(PATH), ADD, TRY, REMOVE):
        assert staff.post(path, {"name": QUICK, "after": 1}).status_code == 403
    assert RoutingVersion.objects.count() == 1
    assert not DeploymentTry.objects.exists()


def test_the_models_page_leads_to_each_deployment(world: World) -> None:
    page = text(browser(world.admin).get("/desk/models/"))
    assert f'href="{PATH}?name=offline%2Fquick#try"' in page
    assert f'href="{ADD}"' in page
    page = text(browser(world.operator).get("/desk/models/"))
    assert f'href="{PATH}?name=offline%2Fquick"' in page
    assert ADD not in page


def test_a_deployment_is_added_and_put_into_rows(world: World) -> None:
    admin = browser(world.admin)
    made = post(admin, ADD, **NEW, rows=["1", "3"], price_in="0.4", price_out="1.6", region="EU")
    assert made.status_code == 302
    assert made["Location"] == f"{PATH}?name=openai%2Fgpt-4.1"
    found = held().deployments[NEW["name"]]
    assert (found.title, found.strength.value, found.region) == ("the new model", "quick", "EU")
    assert (str(found.price_in), found.keeps_days, found.most_in) == ("0.4", None, 0)
    assert found.is_on
    assert [row.use[-1] == NEW["name"] for row in held().rows] == [True, False, True]
    page = text(admin.get(made["Location"]))
    assert "Version 2 of the table has openai/gpt-4.1. Try it now." in page
    assert "The price list has openai/gpt-4.1: $2.00 in and $8.00 out" in page


def test_a_name_is_looked_up_before_anything_else_is_filled_in(world: World) -> None:
    admin = browser(world.admin)
    given = {"name": "openai/gpt-4.1", "look": "1", "title": "half", "is_on": "on", "rows": ["2"]}
    answer = admin.post(ADD, {**given, "after": 1})
    page = text(answer)
    assert answer.status_code == 200
    assert "prompts of up to 1,047,576 tokens" in page
    assert 'value="half"' in page
    assert "This field is required" not in page
    assert answer.context["form"].initial["rows"] == ["2"]
    page = text(admin.post(ADD, {"name": "hosted_vllm/own", "look": "1"}))
    assert "The price list does not have hosted_vllm/own." in page
    assert admin.post(ADD, {"name": "a b", "look": "1"}).status_code == 400
    assert RoutingVersion.objects.count() == 1


def test_the_first_deployment_makes_the_table(world: World) -> None:
    Provider.objects.update(routing=None)
    RoutingVersion.objects.all().delete()
    admin = browser(world.admin)
    assert admin.get(at(PATH)).status_code == 404
    assert post(admin, ADD, **NEW).status_code == 302
    assert list(held().deployments) == ["offline/extractive", NEW["name"]]
    assert [row.use for row in held().rows] == [["offline/extractive"]]


def test_a_deployment_is_changed_and_switched_off(world: World) -> None:
    admin = browser(world.admin)
    shown = admin.get(at(PATH)).context["form"].initial
    given = {name: "" if value is None else value for name, value in shown.items()}
    given = {**given, "note": "It was slow.", "keeps_days": "30"}
    del given["is_on"]
    assert admin.post(at(PATH), given).status_code == 302
    found = held().deployments[QUICK]
    before = TABLE["deployments"][0]
    assert (found.is_on, found.keeps_days, found.title) == (False, 30, before["title"])
    assert float(found.price_in or 0) == float(before["price_in"])
    assert [row.use for row in held().rows] == [row["use"] for row in TABLE["rows"]]
    page = text(admin.get(at(PATH)))
    assert "switched off" in page
    assert RoutingVersion.objects.get(number=2).note == "It was slow."


def test_of_two_who_change_it_the_second_is_told(world: World) -> None:
    admin = browser(world.admin)
    let_hold(TABLE, world.admin)
    answer = admin.post(ADD, {**NEW, "after": 1, "is_on": "on"})
    assert answer.status_code == 400
    assert "Somebody stored another table meanwhile" in text(answer)
    assert RoutingVersion.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "a b/c"}, "Begin with a letter or a digit"),
        ({"name": "🙂/x"}, "Begin with a letter or a digit"),
        ({"name": "a/\x00"}, KEPT),
        ({"name": "a/" + "x" * 100_000}, "at most 80 characters"),
        ({"name": QUICK}, "There is a deployment of this name"),
        ({"name": ""}, "This field is required"),
        ({"title": "a\x00"}, KEPT),
        ({"title": "a\u202eb"}, "can&#x27;t be seen"),
        ({"title": "x" * 100_000}, "at most 40 characters"),
        ({"strength": "🙂"}, "Select a valid choice"),
        ({"sees": "x" * 100_000}, "Select a valid choice"),
        ({"region": "\x07"}, "can&#x27;t be seen"),
        ({"keeps_days": "-1"}, "greater than or equal to 0"),
        ({"keeps_days": "9" * 100_000}, "Enter a whole number"),
        ({"price_in": "1e400", "price_out": "1"}, "less than or equal to 10000"),
        ({"price_in": "NaN", "price_out": "1"}, "Enter a number"),
        ({"price_in": "1e-400", "price_out": "1"}, "no more than 6 decimal places"),
        ({"price_in": "9" * 100_000, "price_out": "1"}, "less than or equal to 10000"),
        ({"price_in": "1"}, "Give both prices, or neither."),
        ({"price_out": "1"}, "Give both prices, or neither."),
        ({"most_in": "1e9"}, "Enter a whole number"),
        ({"most_in": "100000001"}, "less than or equal to 100000000"),
        ({"rows": ["9"]}, "Select a valid choice"),
        ({"rows": ["\x00"]}, KEPT),
        ({"note": "a\x00"}, KEPT),
        ({"after": ""}, "Open this page again"),
        ({"after": "9" * 100_000}, "Open this page again"),
    ],
)
def test_what_can_not_be_used_comes_back_with_a_sentence(
    world: World, wrong: dict[str, Any], said: str
) -> None:
    answer = browser(world.admin).post(ADD, {**NEW, "after": 1, "is_on": "on", **wrong})
    assert answer.status_code == 400
    assert said in text(answer)
    assert RoutingVersion.objects.count() == 1


def test_an_emoji_in_a_title_is_kept(world: World) -> None:
    assert post(browser(world.admin), ADD, **{**NEW, "title": "quick 🙂"}).status_code == 302
    assert held().deployments[NEW["name"]].title == "quick 🙂"


@pytest.mark.parametrize("name", ["", "no/such", "a\x00b", "x" * 100_000, "🙂", "a b", "ad\u202ed"])
def test_a_name_that_is_not_in_the_table_is_refused(world: World, name: str) -> None:
    admin = browser(world.admin)
    for path in (TRY, REMOVE):
        answer = admin.post(path, {"name": name, "after": 1})
        assert answer.status_code == 400
        assert ("There is no deployment called" in text(answer)) == ("\x00" not in name)
    if len(name) < 1000:
        assert admin.get(at(PATH, name)).status_code == 404
        assert admin.get(at(TRIED, name)).status_code == 404


def test_a_deployment_that_rows_ask_is_not_removed(world: World) -> None:
    admin = browser(world.admin)
    page = text(admin.get(at(PATH)))
    assert "Rows ask it, so it can’t be removed." in page
    answer = admin.post(REMOVE, {"name": QUICK, "after": 1})
    assert answer.status_code == 409
    assert "Rows 2 and 3 ask the quick model. Take it out there first." in text(answer)
    assert QUICK in held().deployments


@pytest.mark.parametrize(("after", "status"), [("2", 302), ("1", 409), ("", 409), ("²", 409)])
def test_a_deployment_without_rows_is_removed(world: World, after: str, status: int) -> None:
    let_hold(table_with(rows=[{"use": [STRONG]}]), world.admin)
    admin = browser(world.admin)
    assert "No row asks it." in text(admin.get(at(PATH)))
    assert admin.post(REMOVE, {"name": QUICK, "after": after}).status_code == status
    assert (QUICK in held().deployments) == (status == 409)


def test_a_try_is_shown_from_its_waiting_to_its_answer(world: World) -> None:
    admin = browser(world.admin)
    made = admin.post(TRY, {"name": QUICK})
    assert made["Location"] == f"{PATH}?name=offline%2Fquick#try"
    page = text(admin.get(at(PATH)))
    assert "It waits for a worker." in page
    assert "seen=waiting" in page
    assert "Ask it one" not in page
    assert admin.get(at(TRIED, seen="waiting")).status_code == 204
    assert "being tried already" in text(admin.post(TRY, {"name": QUICK}))
    DeploymentTry.objects.update(begun_at=clock.now())
    assert "waits for the answer" in text(admin.get(at(TRIED, seen="waiting")))
    assert admin.get(at(TRIED, seen="asking")).status_code == 204
    DeploymentTry.objects.update(begun_at=None)
    begin_tries()
    over = DeploymentTry.objects.exclude(ended_at=None).exists
    wait_until(over, seconds=20, what="the try is over")
    page = text(admin.get(at(TRIED, seen="asking")))
    assert "It answered in" in page
    assert "Its answer fits the schema." in page
    assert "offline/quick, of offline" in page
    assert "hx-get" not in page
    assert "Ask it again" in page
    assert "Ask it again" not in text(browser(world.operator).get(at(TRIED)))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"problem": "a\u202eb", "advice": "Do this."},
            ["It did not answer", "⟦U+202E⟧", "Do this"],
        ),
        ({"served": "m", "misfit": "No."}, ["But not in the shape", "unknown price"]),
        ({"served": "m", "problem": "Empty."}, ["Its answer can’t be used", "m", "nothing"]),
        ({"served": "m", "cost_micros": 1200, "tokens_in": 1}, ["$0.001", "1 token<", "0 tokens"]),
        ({"problem": "No.", "cost_micros": 0}, ["$0.00"]),
    ],
)
def test_each_end_of_a_try_has_its_words(
    world: World, columns: dict[str, Any], said: list[str]
) -> None:
    ended = {"ended_at": clock.now(), **columns}
    DeploymentTry.objects.create(name=QUICK, asked_by=world.admin, **ended)
    page = text(browser(world.admin).get(at(PATH)))
    for words in said:
        assert words in page
    assert browser(world.admin).get("/desk/models/").status_code == 200
