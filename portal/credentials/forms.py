"""Forms of credentials: a connection, and the exchange of a secret. No value is ever shown."""

from datetime import timedelta
from typing import Any

from django import forms

from tenants import clock
from tenants.models import OAuthConnection, Secret
from tenants.models.connections import CODE
from workflows.oauth.editing import given_settings

NAME_ERROR = {"invalid": "Use small letters, digits and hyphens; begin with a letter."}
TIMES = {"1": "An hour", "24": "A day", "168": "A week", "720": "30 days"}


class ConnectionSettingsForm(forms.Form):
    """Form of what a connection is for and how it is made."""

    address = forms.CharField(
        label="Address of the system",
        max_length=500,
        help_text="Such as https://api.example/v2. The token goes there and below it, and nowhere "
        "else. Its host must be among this client's allowed hosts.",
    )
    grant = forms.ChoiceField(label="Who signs in", choices=OAuthConnection.GRANTS, initial=CODE)
    issuer = forms.CharField(
        label="Authorization server",
        max_length=500,
        required=False,
        help_text="Its issuer, such as https://login.example. Empty: the system says which it is.",
    )
    client_id = forms.CharField(
        label="Client id",
        max_length=500,
        required=False,
        help_text="Where Handrail was registered by hand. Empty: it registers itself.",
    )
    client_secret = forms.CharField(
        label="Client secret",
        max_length=2000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted and never shown.",
    )
    wanted_scope = forms.CharField(
        label="Scope",
        max_length=1000,
        required=False,
        help_text="Words with a blank between them. Empty: what the system asks for.",
    )
    sends_resource = forms.BooleanField(
        label="Say which address the token is for",
        required=False,
        initial=True,
        help_text="Leave it out only where the authorization server does not take that.",
    )
    environment = forms.ChoiceField(
        label="Environment",
        choices=Secret.ENVIRONMENTS,
        required=False,
        help_text="Only tools of this environment may have it.",
    )
    scope = forms.ChoiceField(
        label="What it may be used for",
        choices=Secret.SCOPES,
        required=False,
        help_text="A tool that only reads gets none that may change things.",
    )


class ConnectionForm(ConnectionSettingsForm):
    """Form of a new connection."""

    field_order = ("name",)

    name = forms.RegexField(
        r"^[a-z][a-z0-9-]{0,39}\Z",
        label="Short name",
        help_text="How tools call it: secret: and this name.",
        error_messages=NAME_ERROR,
    )


class ConnectionChangeForm(ConnectionSettingsForm):
    """Form of a connection's settings. Its name stays, as tools call it by that."""

    client_secret = forms.CharField(
        label="Client secret",
        max_length=2000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Empty: the former one of the same client id stays. Never shown.",
    )


def settings_of(connection: OAuthConnection) -> dict[str, Any]:
    """Return what a form of a connection's settings shows first: what a person gave."""
    return given_settings(connection) | {
        "environment": connection.secret.environment,
        "scope": connection.secret.scope,
    }


class ExchangeForm(forms.Form):
    """Form of the exchange of a secret: the new value, and how long the former serves."""

    value = forms.CharField(
        label="New value",
        strip=False,
        max_length=20_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted and never shown.",
    )
    hours = forms.ChoiceField(
        label="The former value serves for",
        choices=list(TIMES.items()),
        initial="24",
        help_text="It is tried where the other side does not know the new one yet, then removed.",
    )

    def clean(self) -> dict[str, Any]:
        """Add the time until which the former value serves."""
        given = dict(self.cleaned_data)
        if "hours" in given:
            given["until"] = clock.now() + timedelta(hours=int(given["hours"]))
        return given
