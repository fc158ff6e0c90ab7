"""Chat channel through Apprise: only to known services, or to hosts the deployment names.

Apprise accepts some hundred kinds of URL, among them any host and some that run programs.
A person's own URL must reach neither, so a kind that is not listed is refused.
"""

import logging
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.conf import settings

from portal.notices.kinds import Letter
from portal.notices.models import Notice
from portal.notices.smtp import Delivery, DeliveryStatus
from tenants.errors import Invalid, NotFound
from tenants.network.outbound import resolve
from tenants.services.keys import reveal_own_secret

SECRET = "chat"  # noqa: S105 - the name of a secret
# URLs of these hold tokens and channels and no hosts: Apprise knows the host they call.
SERVICES = {
    "slack": "Slack",
    "gchat": "Google Chat",
    "discord": "Discord",
    "tgram": "Telegram",
}
# A URL must not set certificate checks, timeouts, retries or redirects.
OURS = frozenset({"verify", "rto", "cto", "retry", "wait", "redirect"})
# These call the host in their URL, which CHAT_HOSTS must name.
HOSTED = {
    "mmosts": "Mattermost",
    "rockets": "Rocket.Chat",
    "ntfys": "ntfy",
    "jsons": "JSON",
    "json": "JSON",
}


def check(address: str) -> str:
    """Return the name of a URL's chat service. Raises Invalid for a URL that can't be used."""
    plugin = _plugin(address)
    if plugin is None:
        raise Invalid(
            "This is no chat address. Paste the webhook of Slack, Google Chat or Discord, "
            "or an Apprise address.",
            code="bad_chat",
        )
    schemas = _schemas(plugin, address)
    for schema in schemas & SERVICES.keys():
        return SERVICES[schema]
    for schema in schemas & HOSTED.keys():
        if _host(plugin) in settings.CHAT_HOSTS:
            return HOSTED[schema]
    raise Invalid(
        f"{plugin.service_name} can't be used here. Choose {', '.join(SERVICES.values())}, or ask "
        "for its host to be allowed.",
        code="chat_not_allowed",
    )


def _schemas(plugin: Any, address: str) -> set[str]:
    return {urlsplit(address).scheme.lower(), str(getattr(plugin, "secure_protocol", ""))}


def _host(plugin: Any) -> str:
    """Return the host that the plugin will call, with its port where one is set."""
    host = str(plugin.host or "").lower()
    return f"{host}:{plugin.port}" if isinstance(plugin.port, int) else host


def _plugin(address: str) -> Any:
    # Apprise is slow to import and needed only by people who chose chat.
    from apprise import Apprise

    try:
        options = parse_qs(urlsplit(address).query, keep_blank_values=True)
    except ValueError:
        return None
    if ours := sorted(OURS & {name.lower() for name in options}):
        raise Invalid(f"Leave “{ours[0]}” out: that is not set by an address.", code="bad_chat")
    return Apprise.instantiate(address, suppress_exceptions=True)


def address(notice: Notice) -> str | None:
    """Return the person's chat URL, None where it is missing or no longer allowed."""
    assert notice.person_id is not None
    try:
        found = reveal_own_secret(SECRET, notice.person_id)
        check(found)
    except (Invalid, NotFound):
        return None
    return found


def deliver(letter: Letter, address: str, notice_id: UUID) -> Delivery:
    """Send the notice's brief and link. Apprise says only whether the service took it.

    URL and host are checked again: settings and DNS may have changed since it was saved.
    """
    from apprise import Apprise

    try:
        check(address)
        plugin = _plugin(address)
        if not _schemas(plugin, address) & SERVICES.keys():
            resolve(plugin.host, plugin.port or (443 if plugin.secure else 80))
    except Invalid as error:
        return Delivery(DeliveryStatus.REFUSED, error.message)
    except OSError as error:
        return Delivery(DeliveryStatus.REFUSED, f"The chat's host can't be called: {error}")
    _bind(plugin)
    chat = Apprise()
    chat.add(plugin)
    body = f"{letter.brief}\n{letter.link}"
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its messages hold addresses
    if chat.notify(title=letter.subject, body=body):
        return Delivery(DeliveryStatus.SENT)
    return Delivery(
        DeliveryStatus.IN_DOUBT, "The chat service did not say that it took the last notice."
    )


def _bind(plugin: Any) -> None:
    """Replace ``requests`` in the plugin's module: Apprise offers no way to pass a session."""
    from portal.notices.sessions import CheckedRequests

    vars(sys.modules[type(plugin).__module__])["requests"] = CheckedRequests()
