"""Fixtures of the reports' tests."""

import pytest

from tenants import clock
from tests.portal.history import MONDAY, drafts_only
from tests.portal.reports.report_kit import DAY
from tests.world import World, make_world


@pytest.fixture
def world() -> World:
    with clock.at(MONDAY - 30 * DAY):
        made = make_world()
        for client in (made.harbor, made.quill, made.sable):
            drafts_only(client, made.staff(client, made.admin))
    return made
