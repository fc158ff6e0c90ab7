"""The form of a policy: what is typed, and what is said of it."""

import pytest

from approvals.models import Policy
from tenants.scope import tenant_scope
from tests.portal.policies.policy_form_kit import TWO, text
from tests.portal.review_kit import Visitor, inside
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Visitor:
    return inside(world.harbor)


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
