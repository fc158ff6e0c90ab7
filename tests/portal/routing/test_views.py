"""The page of the routing table: who sees it, who changes it, and what is tried before it holds."""

import pytest
import yaml

from audit import outbox
from tenants.models import Provider
from tenants.scope import tenant_scope
from tests.browsing import browser
from tests.portal.visiting import text
from tests.workflows.routing.routing_kit import STRONG, TABLE, let_hold, table_with
from tests.world import REQUEST, World, make_world
from workflows.models import RoutingVersion
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")
PATH = "/desk/models/"


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def written(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False)


def test_clients_people_find_no_such_page(world: World) -> None:
    assert browser(world.harbor.owner).get(PATH).status_code == 404
    assert browser(world.harbor.owner).post(PATH, {"text": written(TABLE)}).status_code == 404


def test_staff_read_it_and_admins_alone_change_it(world: World) -> None:
    let_hold(TABLE, world.admin)
    page = text(browser(world.operator).get(PATH))
    assert "the strong model" in page
    assert "A call that may move money or do what can&#x27;t be undone" in page
    assert "$15.00" in page
    assert "Let it hold" not in page
    given = {"text": written(TABLE), "after": 1, "hold": "1"}
    assert browser(world.operator).post(PATH, given).status_code == 403
    assert RoutingVersion.objects.count() == 1


def test_the_first_table_begins_with_the_model_that_is_asked_now(world: World) -> None:
    admin = browser(world.admin)
    page = text(admin.get(PATH))
    assert "There is no table yet" in page
    assert "name: offline/extractive" in page
    made = admin.post(PATH, {"text": written(TABLE), "after": 0, "note": "First", "hold": "1"})
    assert made.status_code == 302
    assert Provider.objects.get().routing == RoutingVersion.objects.get(number=1).pk
    page = text(admin.get(PATH))
    assert "Version 1 of the table holds from now on." in page
    assert "First" in page


def test_what_holds_can_be_stored_again_unchanged(world: World) -> None:
    let_hold(TABLE, world.admin)
    admin = browser(world.admin)
    shown = admin.get(PATH).context["page"].text
    assert admin.post(PATH, {"text": shown, "after": 1, "hold": "1"}).status_code == 302
    assert yaml.safe_load(shown)["rows"] == TABLE["rows"]
    assert RoutingVersion.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "This field is required"),
        ("deployments: [", ""),
        ("- 1", ""),
        ("a: &x [*x]", ""),
        (
            written(table_with(rows=[{"use": ["offline/none"]}])),
            "no deployment called offline/none",
        ),
        ("x" * 40_001, "at most 40000 characters"),
        ("rows: []\nrows: [{use: [a/b]}]", "rows"),
    ],
)
def test_a_table_that_can_not_hold_comes_back_with_what_is_wrong(
    world: World, given: str, said: str
) -> None:
    answer = browser(world.admin).post(PATH, {"text": given, "after": 0, "hold": "1"})
    assert answer.status_code == 400
    assert said in text(answer)
    assert not RoutingVersion.objects.exists()


def test_a_changed_table_is_tried_on_past_calls_and_does_not_hold_yet(world: World) -> None:
    let_hold(TABLE, world.admin)
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())
        outbox.drain()
    cheaper = [
        *TABLE["deployments"],
        {**TABLE["deployments"][1], "name": "offline/new", "price_in": "1", "price_out": "5"},
    ]
    value = table_with(deployments=cheaper, rows=[{"use": ["offline/new"]}])
    page = text(browser(world.admin).post(PATH, {"text": written(value), "after": 1}))
    assert "Of the last 1 routed call" in page
    assert "of the 1 that led to an action, 1" in page
    assert "They would have cost $" in page
    assert "less." in page
    assert RoutingVersion.objects.count() == 1
    # Another member of staff tries it on the calls of their own clients alone.
    world.admin.assignments.all().delete()
    page = text(browser(world.admin).post(PATH, {"text": written(value), "after": 1}))
    assert "no routed calls of the last 7 days" in page


def test_of_two_who_change_it_the_second_is_told(world: World) -> None:
    let_hold(TABLE, world.admin)
    value = table_with(rows=[{"use": [STRONG]}])
    answer = browser(world.admin).post(PATH, {"text": written(value), "after": 0, "hold": "1"})
    assert "Somebody stored another table meanwhile" in text(answer)
    assert Provider.objects.get().routing == RoutingVersion.objects.get(number=1).pk
