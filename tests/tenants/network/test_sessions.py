"""What libraries call with requests goes through connections that are checked."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.network import sessions
from tests.fakes.sink import HttpSink


def test_what_a_library_calls_goes_through_checked_connections(settings: Any) -> None:
    """G9"""
    settings.ALLOWED_PRIVATE_HOSTS = []
    with HttpSink() as sink:
        session = sessions.CheckedSession()
        with pytest.raises(Invalid, match="leads to an address inside"):
            session.post(f"http://localhost:{sink.port}/")
        with pytest.raises(Invalid, match="leads to an address inside"):
            sessions.CheckedRequests().get(f"http://2130706433:{sink.port}/")
        assert sink.requests == []
