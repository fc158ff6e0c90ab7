"""Fixtures of the tests of chat and push."""

from collections.abc import Iterator
from typing import Any

import pytest

from portal.notices.models import NoticePreference
from tenants import access, clock
from tenants.scope import tenant_scope
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from tests.lanes import NOON
from tests.world import World, make_world


@pytest.fixture
def world(settings: Any, sink: HttpSink) -> Iterator[World]:
    settings.CHAT_HOSTS = settings.PUSH_HOSTS = [sink.host]
    allow(sink.host)
    with clock.at(NOON):
        made = make_world()
        with tenant_scope(made.harbor.tenant.pk):
            access.revoke(made.harbor.workflow, made.harbor.approver, actor=made.harbor.actor())
            NoticePreference.objects.all().delete()
        yield made
