"""A try's tokens lie in buckets that don't overlap, and a deployment has one open try at most."""

import pytest
from django.db import IntegrityError, transaction

from tenants import clock
from tests.world import make_world
from workflows.gateway.usage import Usage
from workflows.models import DeploymentTry, RoutingVersion

NAME = "offline/quick"


def test_a_trys_tokens_are_counted_once() -> None:
    made = DeploymentTry(
        name=NAME, tokens_in=100, cache_read=20, cache_write=10, tokens_out=30, reasoning=25
    )
    assert made.usage == Usage(uncached=70, cache_read=20, cache_write=10, answer=5, reasoning=25)
    assert not made.is_over
    assert (str(made), str(RoutingVersion(number=3))) == (f"try of {NAME}", "version 3")


@pytest.mark.django_db
def test_one_try_of_a_deployment_is_open_at_a_time() -> None:
    admin = make_world().admin
    made = DeploymentTry.objects.create(name=NAME, asked_by=admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeploymentTry.objects.create(name=NAME, asked_by=admin)
    DeploymentTry.objects.filter(pk=made.pk).update(ended_at=clock.now())
    assert DeploymentTry.objects.create(name=NAME, asked_by=admin).pk != made.pk
