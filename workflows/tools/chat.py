"""Tool adapter ``chat``: a message to a chat of the client's, such as Slack or Telegram.

Settings: ``address``, a ``secret:name`` that holds the chat's address as Apprise has it.
"""

from typing import Any

from approvals.rules.hidden_characters import shows_nothing
from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.network.chat import chat_service, send_chat
from tenants.services.keys import reveal_secret
from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest

NAME = "chat"
ARGUMENTS = {"title", "text"}
LONGEST_TITLE, LONGEST_TEXT = 200, 2_000  # characters; Discord takes 2,000 in all
BETWEEN = "\r\n"  # what Apprise puts between a title and a text
NOT_TOLD = "The chat did not say that it took the message. Look whether it is there."


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid unless the settings name the secret with a chat's address, and no more."""
    address = settings.get("address")
    is_named = isinstance(address, str) and len(address) > len(REFERENCE) < 100
    if settings.keys() != {"address"} or not is_named or not str(address).startswith(REFERENCE):
        said = "address is secret: and the name of a secret, which holds the chat's address."
        raise Invalid(said, code="bad_settings")


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid unless the arguments make a message that every service shows whole."""
    check_settings(settings)
    if (name := _secret_name(settings)) not in secrets:
        raise Invalid(f"The secret {name} is not kept here. Add it first.", code="no_secret")
    if unknown := sorted(args.keys() - ARGUMENTS):
        raise Invalid(f"A chat message has no {unknown[0][:60]}, so it would be left out.")
    title, text = args.get("title", ""), args.get("text")
    if not isinstance(text, str) or shows_nothing(text):
        raise Invalid("A chat message needs a text.", code="no_body")
    if not isinstance(title, str) or len(title) > LONGEST_TITLE or "\n" in title:
        raise Invalid(f"A title is one line of {LONGEST_TITLE} characters at most.")
    if len(f"{title}{BETWEEN}{text}" if title else text) > LONGEST_TEXT:
        said = f"A chat message has {LONGEST_TEXT:,} characters at most, with its title."
        raise Invalid(said, code="too_large")


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return the chat's address and service. Raises Invalid for one that can't be used."""
    address = reveal_secret(_secret_name(settings))
    return {"address": address, "service": chat_service(address)}


def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Send the message and return which service took it.

    Raises ToolFailed where nothing was sent, ToolInDoubt where the service did not say.
    """
    address, args = request.settings["address"], request.args
    try:
        is_taken = send_chat(address, args.get("title", ""), args["text"])
    except Invalid as error:
        raise ToolFailed(error.message, cause=Cause.TOOL) from error
    except OSError as error:
        said = "The chat's host can't be called now."
        raise ToolFailed(said, retryable=True, cause=Cause.TOOL) from error
    if not is_taken:
        raise ToolInDoubt(NOT_TOLD)
    return {"service": request.settings["service"]}


def _secret_name(settings: dict[str, Any]) -> str:
    return str(settings["address"]).removeprefix(REFERENCE)
