"""Credentials are listed without their values, and a secret is exchanged."""

import pytest

from tenants.scope import tenant_scope
from tenants.services.keys import reveal_for_call, set_secret
from tests.portal.visiting import Visitor, text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
OLD, NEW = "the-old-value-1", "the-new-value-2"


@pytest.fixture
def world() -> World:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        set_secret(name="api-key", value=OLD, actor=made.staff(made.harbor))
    return made


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def test_a_secret_is_exchanged_and_both_values_stand_on_its_page(
    world: World, operator: Visitor
) -> None:
    page = text(operator.get("credentials/"))
    assert "api-key" in page
    assert "No connections yet" in page
    answer = operator.post("credentials/api-key/", value=NEW, hours="24")
    assert answer.status_code == 302
    page = text(operator.get("credentials/api-key/"))
    assert "The present one" in page
    assert "The former one" in page
    assert "then it is removed" in page
    assert "being exchanged" in text(operator.get("credentials/"))
    for path in ("credentials/", "credentials/api-key/", "record/"):
        said = text(operator.get(path))
        assert OLD not in said
        assert NEW not in said
    with tenant_scope(world.harbor.tenant.pk):
        assert reveal_for_call("api-key", "").values == [NEW, OLD]
    assert operator.post("credentials/api-key/end/").status_code == 302
    assert "The former one" not in text(operator.get("credentials/api-key/"))
    assert operator.post("credentials/api-key/end/").status_code == 409


@pytest.mark.parametrize(
    "given", [{}, {"value": "", "hours": "24"}, {"value": "x", "hours": "9"}, {"value": "x"}]
)
def test_a_form_that_is_not_whole_is_shown_again(operator: Visitor, given: dict[str, str]) -> None:
    answer = operator.post("credentials/api-key/", **given)
    assert answer.status_code == 400
    assert 'value="x"' not in text(answer)


def test_people_of_the_client_who_configure_nothing_see_none_of_it(world: World) -> None:
    viewer = visit(world.harbor.viewer, world.harbor)
    for path in ("credentials/", "credentials/api-key/", "add-connection/"):
        assert viewer.get(path).status_code == 403
