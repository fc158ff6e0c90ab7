"""An older version is made live again, and the open actions it would refuse are known before."""

from collections.abc import Callable

import pytest

from tenants.errors import Conflict
from tenants.services.tenants import stop_everything
from tests.lanes import Lane
from tests.world import DEFINITION
from workflows.models import Version
from workflows.services.definitions import publish
from workflows.services.versions import actions_voided_by, make_live_again

STRICT = DEFINITION.replace("args.amount.value > 20000", "args.amount.value > 1000")


@pytest.fixture
def version(lane: Lane) -> Callable[[int], Version]:
    """Versions of the lane's workflow by number: the usual, a stricter, and the usual again."""
    for text in (STRICT, DEFINITION):
        publish(lane.workflow, text=text, actor=lane.world.staff(lane.client))
    return lambda number: lane.workflow.versions.get(number=number)


def voided(lane: Lane, version: Version) -> list[tuple[str, bool]]:
    return [(one.title, one.was_approved) for one in actions_voided_by(lane.workflow, version)]


def test_an_open_action_that_it_refuses_is_named(
    lane: Lane, version: Callable[[int], Version]
) -> None:
    lane.start()
    assert voided(lane, version(2)) == [("Refund $48.20 to Mia Chen", False)]
    assert voided(lane, version(1)) == []
    lane.say()
    assert voided(lane, version(2)) == [("Refund $48.20 to Mia Chen", True)]


def test_what_is_done_is_voided_no_more(lane: Lane, version: Callable[[int], Version]) -> None:
    lane.start()
    lane.decide()
    assert voided(lane, version(2)) == []


def test_a_stop_is_not_the_versions_doing(lane: Lane, version: Callable[[int], Version]) -> None:
    lane.start()
    stop_everything(actor=lane.client.actor())
    assert voided(lane, version(1)) == []


def test_its_text_becomes_the_next_version(lane: Lane, version: Callable[[int], Version]) -> None:
    made = make_live_again(lane.workflow, version(2), actor=lane.world.staff(lane.client), base=3)
    assert (made.number, made.definition, made.note) == (4, STRICT, "Version 2 again")
    lane.workflow.refresh_from_db()
    assert lane.workflow.live_id == made.pk


@pytest.mark.parametrize(("number", "base", "code"), [(3, 3, "is_live"), (2, 2, "version_moved")])
def test_what_is_live_or_has_moved_is_a_conflict(
    lane: Lane, version: Callable[[int], Version], number: int, base: int, code: str
) -> None:
    staff = lane.world.staff(lane.client)
    with pytest.raises(Conflict) as refused:
        make_live_again(lane.workflow, version(number), actor=staff, base=base)
    assert refused.value.code == code
    assert lane.workflow.versions.count() == 3
