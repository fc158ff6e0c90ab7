"""Form of a mailbox."""

from typing import Any

from django import forms

from workflows.models import Mailbox
from workflows.triggers.mail.mailboxes import CHANGEABLE, LATEST, SOONEST


class MailboxForm(forms.Form):
    """Form of a mailbox's server and credentials. The password is set and never shown."""

    name = forms.RegexField(
        r"^[a-z][a-z0-9-]{0,39}$",
        label="Short name",
        help_text="How definitions call it: small letters and hyphens, such as support.",
        error_messages={"invalid": "Use small letters, digits and hyphens; begin with a letter."},
    )
    address = forms.EmailField(label="The address that people write to")
    host = forms.CharField(
        label="IMAP server",
        help_text="Host and port must be among this client's allowed hosts, as imap.example:993.",
        max_length=200,
    )
    port = forms.IntegerField(label="Port", min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(label="Encryption", choices=Mailbox.SECURITY, initial="tls")
    username = forms.CharField(label="User name", max_length=200)
    password = forms.CharField(
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted and never shown.",
        strip=False,
        required=False,
        max_length=400,
    )
    folder = forms.CharField(label="Folder", max_length=120, initial="INBOX")
    every = forms.IntegerField(
        label="Seconds between two looks", min_value=SOONEST, max_value=LATEST, initial=60
    )

    @classmethod
    def of(cls, mailbox: Mailbox, data: Any = None) -> "MailboxForm":
        """Return the form that changes a mailbox: no name, and an optional password."""
        initial = {name: getattr(mailbox, name) for name in CHANGEABLE}
        form = cls(data, initial=initial)
        del form.fields["name"]
        form.fields["password"].help_text = "Leave it empty to keep the one that is set."
        return form
