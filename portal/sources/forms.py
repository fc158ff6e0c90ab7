"""Forms of the source map: a new source, its settings, and a new revision."""

from typing import Any

from django import forms

from portal.labels import AUTHORITY
from tenants.models import Source, User
from tenants.sources.readers import suffixes

FILES = (
    "PDF, Word, PowerPoint, Excel, HTML, Markdown, text or an e-mail for a document; CSV, Excel, "
    "JSON or Parquet for records. Up to 20 MB."
)


class _SourceFields(forms.Form):
    """Fields that describe a source: title, owner, rank and age."""

    title = forms.CharField(label="What people call it", max_length=120)
    owner = forms.ChoiceField(
        label="Who vouches for it", help_text="They are asked to confirm that it is still true."
    )
    authority = forms.TypedChoiceField(
        label="How far to trust it",
        help_text="Where two sources disagree, the one trusted more counts.",
        choices=[(rank, said.capitalize()) for rank, said in AUTHORITY.items()],
        coerce=int,
        initial=2,
    )
    max_age_days = forms.IntegerField(
        label="Days it stays fresh",
        help_text="Counted from when somebody confirmed it. After that it is not used.",
        min_value=1,
        max_value=3650,
        initial=90,
    )

    def __init__(self, *args: Any, vouchers: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vouchers = {str(user.pk): user for user in vouchers}
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = [(key, str(user)) for key, user in self.vouchers.items()]

    def values(self) -> dict[str, Any]:
        """Return the fields as arguments of the services, the owner as a User."""
        return {**self.cleaned_data, "owner": self.vouchers[self.cleaned_data["owner"]]}


class SourceForm(_SourceFields):
    """Form of a new source."""

    name = forms.RegexField(
        r"^[a-z][a-z0-9-]{0,39}$",
        label="Short name",
        help_text="How workflows call it: small letters and hyphens, such as returns-policy.",
        error_messages={"invalid": "Use small letters, digits and hyphens; begin with a letter."},
    )
    kind = forms.ChoiceField(label="What it holds", choices=Source.KINDS)
    key_field = forms.CharField(
        label="For records: the field that names one",
        help_text="Such as order_id.",
        max_length=60,
        required=False,
    )
    file = forms.FileField(
        label="Its content",
        help_text=FILES,
        required=False,
    )
    field_order = ("title", "name", "kind", "key_field", "file", "owner", "authority")


class ChangeForm(_SourceFields):
    """Form of a source's settings."""


class UploadForm(forms.Form):
    """Form of a source's next revision."""

    file = forms.FileField(label="A new file")

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ",".join(suffixes(kind))
