"""Two people publish what they wrote from the same version: one of them is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tenants.errors import Conflict
from tenants.scope import tenant_scope
from tests.world import DEFINITION, make_world
from workflows.models import Version
from workflows.services.definitions import publish

pytestmark = pytest.mark.usefixtures("committed")


def test_of_two_who_publish_at_once_from_one_version_one_is_refused() -> None:
    world = make_world()
    harbor, ready = world.harbor, Barrier(4)

    def write(number: int) -> str:
        try:
            with tenant_scope(harbor.tenant.pk):
                actor = world.staff(harbor)
                ready.wait(10)
                text = DEFINITION.replace("same day", f"day {number}")
                publish(harbor.workflow, text=text, actor=actor, base=1)
            return "published"
        except Conflict as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(write, range(4)))
    assert said == ["published", "version_moved", "version_moved", "version_moved"]
    with tenant_scope(harbor.tenant.pk):
        assert Version.objects.filter(workflow=harbor.workflow).count() == 2
