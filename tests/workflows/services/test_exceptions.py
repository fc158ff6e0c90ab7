"""Exceptions are resolved by a way out, whose value fits what it is for."""

import json

import pytest

from approvals.models import Decision
from tenants.errors import Invalid
from tests.fakes.sink import HttpSink
from tests.lanes import Lane


@pytest.fixture
def stuck(lane: Lane) -> Lane:
    """A refund that the shop refuses."""
    lane.shop.status = 422
    lane.start()
    lane.decide()
    return lane


def test_a_value_is_given_and_fits_the_step(stuck: Lane, lane: Lane) -> None:
    assert isinstance(stuck.shop, HttpSink)
    for text in ("", "  "):
        with pytest.raises(Invalid, match="Write the value"):
            stuck.resolve("skip", value=text)
    stuck.resolve("skip", value=json.dumps({"status": 200}), words="By phone.")
    assert Decision.objects.latest("id").edits["value"] == {"status": 200}


def test_it_is_handed_to_somebody_who_may_decide(stuck: Lane) -> None:
    for person in ("", "nobody", str(stuck.client.viewer.pk)):
        with pytest.raises(Invalid, match="Choose"):
            stuck.resolve("hand", to=person)
    stuck.resolve("hand", to=str(stuck.client.owner.pk))
    assert Decision.objects.latest("id").edits["to_name"] == str(stuck.client.owner)
