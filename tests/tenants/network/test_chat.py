"""Chat addresses: of known services alone, and messages that reach no host inside."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.network.chat import chat_service, send_chat
from tests.fakes.sink import HttpSink


def test_services_are_known_by_their_addresses() -> None:
    token = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert chat_service(f"slack://{token}") == "Slack"
    assert chat_service(f"https://hooks.slack.com/services/{token}") == "Slack"


@pytest.mark.parametrize(
    "address", ["exec://sh", "file:///x", "mailto://a:b@c.example", "json://other.example/x"]
)
def test_what_calls_any_host_or_runs_a_program_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        chat_service(address)


@pytest.mark.parametrize("option", ["redirect=yes", "verify=no", "rto=9999", "retry=9", "Verify="])
def test_an_address_changes_nothing_of_how_it_is_called(settings: Any, option: str) -> None:
    settings.CHAT_HOSTS = ["chat.example"]
    with pytest.raises(Invalid, match="Leave “"):
        chat_service(f"json://chat.example/hook?{option}")


def test_a_host_that_leads_inside_is_not_called(settings: Any) -> None:
    """G9: the deployment names the host; where it leads is another question."""
    settings.ALLOWED_PRIVATE_HOSTS = []
    with HttpSink() as sink:
        for host in (f"localhost:{sink.port}", f"127.1:{sink.port}"):
            settings.CHAT_HOSTS = [host]
            with pytest.raises((Invalid, OSError)):
                send_chat(f"json://{host}/x", "title", "text")
        assert sink.requests == []


def test_a_service_is_told_once_and_whether_it_took_it_is_said(settings: Any) -> None:
    with HttpSink() as sink:
        settings.CHAT_HOSTS = settings.ALLOWED_PRIVATE_HOSTS = [sink.host]
        assert send_chat(f"json://{sink.host}/x", "title", "text") is True
        sink.status = 500
        assert send_chat(f"json://{sink.host}/x", "title", "text") is False
        assert len(sink.requests) == 2
