"""Chat through Apprise: only to known services, or to hosts the deployment names.

Apprise accepts some hundred kinds of URL, among them any host and some that run programs. A URL
that a person or a client gives must reach neither, so a kind that is not listed is refused.
"""

import logging
import sys
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from tenants.errors import Invalid
from tenants.network import proxies

# URLs of these hold tokens and channels and no hosts: Apprise knows the host they call.
SERVICES = {
    "slack": "Slack",
    "gchat": "Google Chat",
    "discord": "Discord",
    "tgram": "Telegram",
}
# What a URL may set beside its service: where a message goes and what it looks like. Everything
# else is refused, as there are options that read a file or an address, cut the text, or count a
# refusal as done. Names that begin with a sign are headers and fields for a host.
OPTIONS = frozenset(
    [
        "avatar",
        "avatar_url",
        "botname",
        "channel",
        "channels",
        "footer",
        "footer_logo",
        "icon_url",
        "image",
        "key",
        "method",
        "mode",
        "ping",
        "priority",
        "silent",
        "team",
        "thread",
        "timestamp",
        "to",
        "token",
        "topic",
        "tts",
        "webhook",
        "workspace",
        "xtags",
    ]
)
SIGNS = ("+", "-", ":")
# These read a text as markup of their own unless they are told that it is none.
MARKUP = frozenset({"slack", "tgram"})
# These call the host in their URL, which CHAT_HOSTS must name.
HOSTED = {
    "mmosts": "Mattermost",
    "rockets": "Rocket.Chat",
    "ntfys": "ntfy",
    "jsons": "JSON",
    "json": "JSON",
}


def chat_service(address: str) -> str:
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


def send_chat(address: str, title: str, body: str) -> bool:
    """Send a message and return whether the service said that it took it, which is all it says.

    URL and host are checked again: settings and DNS may have changed since it was saved. Raises
    Invalid, and OSError for a host that can't be called, both before anything is sent.
    """
    from apprise import Apprise, NotifyFormat

    chat_service(address)
    plugin = _plugin(address)
    schemas = _schemas(plugin, address)
    if not schemas & SERVICES.keys():
        proxies.check_host(plugin.host, plugin.port or (443 if plugin.secure else 80))
    _bind(plugin)
    chat = Apprise()
    chat.add(plugin)
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its messages hold addresses
    body_format = NotifyFormat.TEXT if schemas & MARKUP else None
    return bool(chat.notify(title=title, body=body, body_format=body_format))


def _schemas(plugin: Any, address: str) -> set[str]:
    return {urlsplit(address).scheme.lower(), str(getattr(plugin, "secure_protocol", ""))}


def _host(plugin: Any) -> str:
    """Return the host that the plugin will call, with its port where one is set."""
    host = str(plugin.host or "").lower()
    return f"{host}:{plugin.port}" if isinstance(plugin.port, int) else host


def _plugin(address: str) -> Any:
    # Apprise is slow to import and needed only where chat is used.
    from apprise import Apprise
    from apprise.plugins import url_to_dict

    # Apprise's own reading: it also parts options at semicolons, and knows no fragments.
    found = url_to_dict(address)  # type: ignore[no-untyped-call]
    if found is None:
        return None
    for name in sorted(found["qsd"]):
        if name and name not in OPTIONS and not name.startswith(SIGNS):
            said = f"Leave “{name[:40]}” out: that is not set by an address."
            raise Invalid(said, code="bad_chat")
    return Apprise.instantiate(found, suppress_exceptions=True)


def _bind(plugin: Any) -> None:
    """Replace ``requests`` in the plugin's module: Apprise offers no way to pass a session."""
    from tenants.network.sessions import CheckedRequests

    vars(sys.modules[type(plugin).__module__])["requests"] = CheckedRequests()
