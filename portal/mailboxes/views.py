"""Views of a tenant's mailboxes, for actors who may configure it."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.mailboxes.forms import MailboxForm
from portal.paging import page as page_of
from portal.request import Request
from tenants import access
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from workflows.models import Mailbox
from workflows.triggers import selectors
from workflows.triggers.mail import mailboxes


def _mailbox(request: Request, name: str) -> Mailbox:
    access.require(request.actor, Capability.CONFIGURE)
    return selectors.get_mailbox(name)


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the mailboxes of the tenant."""
    access.require(request.actor, Capability.CONFIGURE)
    page = page_of(selectors.mailboxes(), request.GET, by="name")
    return render(request, "mailboxes/list.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request) -> HttpResponse:
    """Show the form of a new mailbox, or save it. A worker polls it at once."""
    access.require(request.actor, Capability.CONFIGURE)
    form = MailboxForm(request.POST or None)
    if form.is_valid():
        try:
            with transaction.atomic():
                made = mailboxes.add_mailbox(**form.cleaned_data, actor=request.actor)
            return redirect("mailbox", made.name)
        except (Invalid, Conflict) as error:
            form.add_error(None, error.message)
    status = 400 if request.method == "POST" else 200
    return render(request, "mailboxes/add.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request, name: str) -> HttpResponse:
    """Show a mailbox, its state and the mails it received; POST saves its settings."""
    mailbox = _mailbox(request, name)
    form = MailboxForm.of(mailbox, request.POST or None)
    if form.is_valid():
        try:
            with transaction.atomic():
                mailboxes.change_mailbox(mailbox, **form.cleaned_data, actor=request.actor)
            messages.success(request, "Changed. The connection is being tried.")
            return redirect("mailbox", name)
        except Invalid as error:
            form.add_error(None, error.message)
    context = {
        "mailbox": mailbox,
        "trigger": selectors.trigger_of(mailbox),
        "waiting": selectors.waiting_mails(mailbox),
        "page": page_of(selectors.inbound_mails(mailbox), request.GET, by="-id", size=25),
        "form": form,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "mailboxes/page.html", context, status=status)


@require_POST
def check(request: Request, name: str) -> HttpResponse:
    """Enqueue a poll of the mailbox now."""
    mailboxes.request_poll(_mailbox(request, name), actor=request.actor)
    messages.success(request, "The connection is being tried. Open this page again in a moment.")
    return redirect("mailbox", name)
