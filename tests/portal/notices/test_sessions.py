"""What notices call goes through connections that are checked, whatever the service."""

from typing import Any
from uuid import uuid4

import pytest

from portal.notices import sessions
from portal.notices.channels import chat
from portal.notices.kinds import Letter
from portal.notices.smtp import DeliveryStatus
from tenants.errors import Invalid
from tests.fakes.sink import HttpSink
from tests.world import World

pytestmark = pytest.mark.django_db


def test_what_a_plugin_calls_goes_through_checked_connections(
    world: World, sink: HttpSink, settings: Any
) -> None:
    """G9: a service's name that leads inside, whatever the service."""
    letter = Letter("s", "t", "h", "x", brief="b", link="https://handrail.example/")
    settings.ALLOWED_PRIVATE_HOSTS = []
    for address in (f"json://localhost:{sink.port}/x", f"json://127.1:{sink.port}/x"):
        settings.CHAT_HOSTS = [f"localhost:{sink.port}", f"127.1:{sink.port}"]
        assert chat.deliver(letter, address, uuid4()).status is DeliveryStatus.REFUSED
    session = sessions.CheckedSession()
    with pytest.raises(Invalid, match="leads to an address inside"):
        session.post(f"http://localhost:{sink.port}/")
    with pytest.raises(Invalid, match="leads to an address inside"):
        sessions.CheckedRequests().get(f"http://2130706433:{sink.port}/")
    assert sink.requests == []
