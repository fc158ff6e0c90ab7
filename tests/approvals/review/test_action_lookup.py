"""The actions of items as lists show them: in order, in their current revision, in words."""

import pytest

from approvals.decisions.services import Choice, decide
from approvals.review.action_lookup import actions_of
from audit import outbox
from tenants.scope import tenant_scope
from tests.portal.review_kit import ask
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
CHEAPER = {"value": 3000, "currency": "USD"}


@pytest.fixture
def world() -> World:
    return make_world()


def test_actions_come_in_order_with_their_titles(world: World) -> None:
    first, second = ask(world.harbor), ask(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        found = actions_of([first.pk, second.pk])
        assert found.keys() == {first.pk, second.pk}
        for actions in found.values():
            assert [one.tool_name for one in actions] == ["shop.refund", "mail.send"]
            assert actions[0].title.startswith("Refund $48.20")
            assert [one.done_before for one in actions] == [False, False]
        assert actions_of([]) == {}


def test_an_edited_action_comes_once_as_it_was_edited_and_carried_out(world: World) -> None:
    client, item = world.harbor, ask(world.harbor)
    with tenant_scope(client.tenant.pk):
        chosen = Choice("correct", content_hash=item.content_hash, args={0: {"amount": CHEAPER}})
        decide(item.pk, chosen, actor=client.actor())
        outbox.drain()
        refund, mail = actions_of([item.pk])[item.pk]
    assert (refund.args["amount"], refund.title[:13]) == (CHEAPER, "Refund $30.00")
    assert refund.status in ("approved", "executed", "executing")
    assert mail.tool_name == "mail.send"


def test_another_clients_actions_are_not_seen(world: World) -> None:
    """T1."""
    item = ask(world.harbor)
    with tenant_scope(world.quill.tenant.pk):
        assert actions_of([item.pk]) == {}
