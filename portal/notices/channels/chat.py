"""By chat, through Apprise: only to services we know, or to hosts the deployment names.

Apprise takes some hundred kinds of address, among them any host and some that run programs.
A person's own address must reach neither, so what is not listed is refused.
"""

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.conf import settings

from portal.models import Notice
from portal.notices.kinds import Letter
from portal.notices.post import Fate, Outcome
from tenants.errors import Invalid, NotFound
from tenants.services.keys import reveal_own_secret

SECRET = "chat"  # noqa: S105 - the name of a secret
# Their addresses hold tokens and channels, no hosts: it is known where they call.
SERVICES = {
    "slack": "Slack",
    "gchat": "Google Chat",
    "discord": "Discord",
    "tgram": "Telegram",
}
# These call the host in their address, which the deployment has to name.
HOSTED = {
    "mmosts": "Mattermost",
    "rockets": "Rocket.Chat",
    "ntfys": "ntfy",
    "jsons": "JSON",
    "json": "JSON",
}


def check(address: str) -> str:
    """The service's name. Raises Invalid for what is no chat address, or may not be called."""
    plugin = _plugin(address)
    if plugin is None:
        raise Invalid(
            "This is no chat address. Paste the webhook of Slack, Google Chat or Discord, "
            "or an Apprise address.",
            code="bad_chat",
        )
    schemas = {_scheme(address), str(getattr(plugin, "secure_protocol", ""))}
    for schema in schemas & SERVICES.keys():
        return SERVICES[schema]
    host = urlsplit(address).netloc.rpartition("@")[2].lower()
    for schema in schemas & HOSTED.keys():
        if host in settings.CHAT_HOSTS:
            return HOSTED[schema]
    raise Invalid(
        f"{plugin.service_name} can't be used here. Choose {', '.join(SERVICES.values())}, or ask "
        "for its host to be allowed.",
        code="chat_not_allowed",
    )


def _scheme(address: str) -> str:
    return urlsplit(address).scheme.lower()


def _plugin(address: str) -> Any:
    # Heavy, and only wanted where somebody chose chat.
    from apprise import Apprise

    if "verify" in parse_qs(urlsplit(address).query):
        raise Invalid("Leave “verify” out: certificates are always checked.", code="bad_chat")
    return Apprise.instantiate(address, suppress_exceptions=True)


def address(notice: Notice) -> str | None:
    """The person's address, if it is there and may still be called."""
    assert notice.person_id is not None
    try:
        found = reveal_own_secret(SECRET, notice.person_id)
        check(found)
    except (Invalid, NotFound):
        return None
    return found


def deliver(letter: Letter, address: str, notice_id: UUID) -> Outcome:
    """Say it in a few lines. Apprise tells only whether it was taken."""
    from apprise import Apprise

    chat = Apprise()
    chat.add(address)
    body = f"{letter.brief}\n{letter.link}"
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its messages hold addresses
    if chat.notify(title=letter.subject, body=body):
        return Outcome(Fate.SENT)
    return Outcome(Fate.IN_DOUBT, "The chat service did not say that it took the last notice.")
