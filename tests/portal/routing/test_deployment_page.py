"""The page of a deployment says what the price list has, and that no worker takes its try."""

import pytest

from portal.routing.deployment_page import LATE, deployment_page, listed_hint, try_view
from tenants import clock
from tests.workflows.routing.routing_kit import QUICK, TABLE
from tests.world import make_world
from workflows.models import DeploymentTry
from workflows.routing.table import read_table


def test_what_the_price_list_has_of_a_name() -> None:
    hint = listed_hint("openai/gpt-4.1")
    assert (hint.is_listed, hint.price_in, hint.price_out) == (True, "$2.00", "$8.00")
    assert (hint.most_in, hint.has_schema) == (1_047_576, True)
    assert not listed_hint("no/such").is_listed


def test_its_own_price_counts_and_its_rows_are_numbered() -> None:
    page = deployment_page(read_table(TABLE, number=4), QUICK)
    assert (page.number, page.price_in, page.price_out) == (4, "$0.40", "$1.60")
    assert [(row.number, row.when) for row in page.rows] == [
        (2, "A call that is hard"),
        (3, "Every other call"),
    ]


@pytest.mark.django_db
def test_a_try_that_no_worker_takes_is_late() -> None:
    assert try_view(QUICK) is None
    made = DeploymentTry.objects.create(name=QUICK, asked_by=make_world().admin, reasoning=3)
    found = try_view(QUICK)
    assert found is not None
    assert found.state == "waiting"
    assert found.buckets[-1] == ("Reasoning", 3)
    for changes, later, state in (
        ({}, LATE * 2, "late"),
        ({"begun_at": clock.now()}, LATE * 2, "asking"),
        ({"ended_at": clock.now()}, LATE, "over"),
    ):
        DeploymentTry.objects.filter(pk=made.pk).update(**changes)
        with clock.at(clock.now() + later):
            found = try_view(QUICK)
        assert found is not None
        assert found.state == state
