"""The form of a person's notices: what can't be is said beside it."""

import pytest

from portal.notices.models import NoticePreference
from tenants.scope import tenant_scope
from tests.portal.review_kit import inside, text
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"times": "25:00"}, "is no time"),
        ({"most": "0"}, "greater than or equal to 1"),
        ({"via": "chat"}, "Give the address of your chat"),
        ({"via": "chat", "address": "hello"}, "no chat address"),
        ({"via": "chat", "address": "json://127.0.0.1:9/x"}, "can&#x27;t be used here"),
        ({"via": "chat", "address": "mailto://u:p@mail.example"}, "can&#x27;t be used here"),
        ({"via": "chat", "address": "dbus://"}, "chat"),
        ({"via": "chat", "address": "slack://a?verify=no"}, "Leave “verify” out"),
        ({"how": "loud"}, "Select a valid choice"),
    ],
)
def test_what_can_not_be_is_said_beside_it(world: World, wrong: dict, said: str) -> None:
    given = {"how": "each", "times": "", "most": "4", "via": "mail", "address": ""}
    answer = inside(world.harbor).post("/notices/", given | wrong)
    assert answer.status_code == 400
    assert said in text(answer)
    with tenant_scope(world.harbor.tenant.pk):
        assert not NoticePreference.objects.exists()
