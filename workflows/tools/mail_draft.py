"""Tool adapter ``mail_draft``: a draft in a mailbox of the client, which a person sends or not.

Its settings name the ``mailbox`` and the ``folder`` of its drafts. With ``does: remove`` it takes
back one that is still as it was saved.
"""

from typing import Any

from tenants import clock
from tenants.errors import DomainError, Invalid
from tenants.models import Tenant
from tenants.services.keys import reveal_secret
from workflows.exceptions.causes import Cause
from workflows.models import Mailbox
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, mail
from workflows.tools.attachments import attached_sources, check_allowed
from workflows.triggers.mail.imap import ImapAddress, check_mail_host
from workflows.triggers.mail.imap_drafts import DraftFailed, remove_draft, save_draft

NAME = "mail_draft"
SETTINGS = {"mailbox", "folder", "does", "attachments"}
SAVE, REMOVE = "save", "remove"
LONGEST_FOLDER = 120

__all__ = ["attached_sources"]


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid unless the settings name a mailbox, a folder and what is done there."""
    if unknown := sorted(settings.keys() - SETTINGS):
        raise Invalid(
            f"There is no {', '.join(unknown)}. It has mailbox, folder, does, attachments."
        )
    if not isinstance(settings.get("mailbox"), str) or not settings["mailbox"]:
        raise Invalid("Name the mailbox in which drafts are saved.", code="bad_settings")
    folder = settings.get("folder")
    if not isinstance(folder, str) or not folder or len(folder) > LONGEST_FOLDER:
        raise Invalid("Name the folder of drafts, as Drafts.", code="bad_settings")
    if not folder.isprintable() or settings.get("does", SAVE) not in (SAVE, REMOVE):
        raise Invalid("It does save or remove, in one folder.", code="bad_settings")
    check_allowed(settings)


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid unless the arguments make one mail, or name one, and the mailbox is there."""
    mailbox = _mailbox(settings)
    check_mail_host(mailbox.host, mailbox.port, mailbox.security, tenant.allowed_hosts)
    if mailbox.secret not in secrets:
        said = f"The password of the mailbox {mailbox.name} is not kept here. Set it again."
        raise Invalid(said, code="no_secret")
    if settings.get("does") != REMOVE:
        mail.check(settings, args, tenant, secrets)
        return
    named = args.get("message_id")
    if args.keys() != {"message_id"} or not mail.MESSAGE_ID.fullmatch(str(named)):
        raise Invalid("message_id is that of one draft, and all there is.", code="bad_value")


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return the sender, and where the mailbox is with its password."""
    mailbox = _mailbox(settings)
    address = ImapAddress(
        mailbox.host,
        mailbox.port,
        mailbox.security,
        mailbox.username,
        reveal_secret(mailbox.secret),
        settings["folder"],
    )
    sender = mail.resolve({}, tenant)
    return sender | {"address": address, "does": settings.get("does", SAVE)}


def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Save the draft, once however often it is tried, or remove it; return its Message-ID."""
    address, args = request.settings["address"], request.args
    try:
        if request.settings["does"] == REMOVE:
            is_gone = remove_draft(address, args["message_id"])
            how = "removed" if is_gone else "marked as deleted"
            return {"message_id": args["message_id"], "draft": how}
        message_id = mail.message_id_of(request.key)
        made = mail.build_mail(request.settings, args, message_id, request.files)
        content = made.message().as_bytes()
        is_new = save_draft(address, message_id, content, clock.now())
    except DomainError as error:
        raise ToolFailed(error.message, cause=Cause.TOOL) from error
    except DraftFailed as error:
        if error.is_begun:
            raise ToolInDoubt(str(error)) from error
        raise ToolFailed(str(error), retryable=error.may_pass, cause=Cause.TOOL) from error
    return {"message_id": message_id, "folder": address.folder, "was_there": not is_new}


def _mailbox(settings: dict[str, Any]) -> Mailbox:
    mailbox = Mailbox.objects.filter(name=settings["mailbox"]).first()
    if mailbox is None:
        said = f"There is no mailbox {settings['mailbox'][:40]}. Add it first."
        raise Invalid(said, code="bad_settings")
    return mailbox
