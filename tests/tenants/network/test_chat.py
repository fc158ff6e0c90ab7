"""Chat addresses: of known services alone, and messages that reach no host inside."""

import json
from typing import Any

import pytest
import requests

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


@pytest.mark.parametrize(
    "option",
    [
        *("?redirect=yes", "?verify=no", "?rto=9999", "?retry=9", "?Verify=", "#?verify=no"),
        *("?to=a;verify=no", "?optional=yes", "?overflow=truncate", "?emojis=yes"),
    ],
)
def test_an_address_changes_nothing_of_how_it_is_called(settings: Any, option: str) -> None:
    settings.CHAT_HOSTS = ["chat.example"]
    with pytest.raises(Invalid, match="Leave “"):
        chat_service(f"json://chat.example/hook{option}")


@pytest.mark.parametrize(
    "address",
    [
        "discord://12345678/abcdefghijklmnop",
        "https://discord.com/api/webhooks/12345678/abcdefghijklmnop",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "tgram://123456789:abcdefg_hijklmnop/12315544",
    ],
)
def test_an_address_reads_no_file_and_calls_nothing_inside(address: str) -> None:
    """G9: Apprise takes a template from any file or address."""
    with HttpSink() as sink:
        for where in (f"http://{sink.host}/secrets", "file:///etc/passwd"):
            with pytest.raises(Invalid, match="Leave “template” out"):
                send_chat(f"{address}?template={where}", "title", "text")
        assert sink.requests == []


def test_what_only_says_where_a_message_goes_may_be_set(settings: Any) -> None:
    settings.CHAT_HOSTS = ["chat.example"]
    assert chat_service("tgram://123456789:abcdefg_hijklmnop/12315544?topic=7") == "Telegram"
    assert chat_service("json://chat.example/hook?+X-Token=a&:room=b&method=put") == "JSON"


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
            "5 &lt; 6 &amp; &lt;https://a.example|b&gt; &lt;!channel&gt;",
        ),
        (
            "tgram://123456789:abcdefg_hijklmnop/12315544",
            "5 &lt; 6 &amp; &lt;https://a.example|b&gt; &lt;!channel&gt;",
        ),
        (
            "discord://12345678/abcdefghijklmnop",
            "5 < 6 & <https://a.example|b> <!channel>",
        ),
    ],
)
def test_a_text_is_no_markup(monkeypatch: Any, address: str, sent: str) -> None:
    """A service shows what was approved, and a sign of comparison is no broken tag."""
    posted: list[str] = []

    class Requests:
        def __getattr__(self, name: str) -> Any:
            return getattr(requests, name)

        def post(self, url: str, **given: Any) -> Any:
            posted.append(given.get("data") or json.dumps(given.get("json")))
            made = requests.Response()
            made.status_code, made._content = 200, b"ok"
            return made

        def request(self, method: str, url: str, **given: Any) -> Any:
            return self.post(url, **given)

    monkeypatch.setattr("tenants.network.sessions.CheckedRequests", Requests)
    assert send_chat(address, "", "5 < 6 & <https://a.example|b> <!channel>") is True
    (body,) = posted
    assert sent in body


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
