"""Forms of the source map: a new source, its settings, and a new revision."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from portal.labels import AUTHORITY
from tenants.models import Source, User
from tenants.sources import services
from tenants.sources.readers import suffixes

# The first and the last day of the calendar are outside it in some time zone.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
MORE = ("sensitivity", "tags", "valid_from", "valid_until", "supersedes")
DETAILS = ("truth_for", *MORE)

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
    truth_for = forms.CharField(
        label="What it holds true",
        help_text="In a few words, such as: refunds and returns in Germany.",
        max_length=200,
        required=False,
    )
    sensitivity = forms.ChoiceField(
        label="How private it is",
        help_text="No workflow reads a secret source. A public one holds nothing private.",
        choices=Source.SENSITIVITIES,
        initial="internal",
        required=False,
    )
    tags = forms.CharField(
        label="What it is for",
        help_text="Words between commas, such as a country or a version: Germany, v2.",
        max_length=500,
        required=False,
    )
    valid_from = forms.DateField(
        label="Valid from",
        help_text="It is not used before that day.",
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        required=False,
    )
    valid_until = forms.DateField(
        label="Valid until",
        help_text="That day included.",
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        required=False,
    )
    supersedes = forms.ChoiceField(
        label="It takes the place of",
        help_text="Workflows use that one until this one has content and is valid.",
        required=False,
    )
    max_age_days = forms.IntegerField(
        label="Days it stays fresh",
        help_text="Counted from when somebody confirmed it. After that it is not used.",
        min_value=1,
        max_value=3650,
        initial=90,
    )

    def __init__(
        self, *args: Any, vouchers: list[User], others: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        supersedes = self.fields["supersedes"]
        assert isinstance(supersedes, forms.ChoiceField)
        supersedes.choices = [("", "No other source"), *others]
        self.vouchers = {str(user.pk): user for user in vouchers}
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = [(key, str(user)) for key, user in self.vouchers.items()]

    def needed(self) -> list[forms.BoundField]:
        """Return the fields that a source needs, and what it holds true."""
        return [field for field in self.visible_fields() if field.name not in MORE]

    def optional(self) -> list[forms.BoundField]:
        """Return the fields of what else may be said of it."""
        return [field for field in self.visible_fields() if field.name in MORE]

    def has_details(self) -> bool:
        """Return whether something is said, or wrong, in the optional fields."""
        said = [field for field in self.optional() if field.name != "sensitivity"]
        is_internal = self["sensitivity"].value() in (None, "", "internal")
        return not is_internal or any(field.value() or field.errors for field in said)

    def values(self) -> dict[str, Any]:
        """Return the fields as arguments of the services, the owner as a User."""
        given = {name: v for name, v in self.cleaned_data.items() if name not in DETAILS}
        return {
            **given,
            "owner": self.vouchers[self.cleaned_data["owner"]],
            "details": self._details(),
        }

    def _details(self) -> services.SourceDetails:
        given = self.cleaned_data
        words = [" ".join(word.split()) for word in given["tags"].split(",")]
        until = given["valid_until"]
        return services.SourceDetails(
            truth_for=given["truth_for"],
            sensitivity=given["sensitivity"] or self.initial.get("sensitivity", "internal"),
            tags=tuple(dict.fromkeys(filter(None, words))),
            valid_from=_midnight(given["valid_from"]),
            valid_until=_midnight(until + timedelta(days=1)) if until else None,
        )


def _midnight(day: date | None) -> datetime | None:
    """Return when a day begins where the client is."""
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def details_of(source: Source, former: Source | None) -> dict[str, Any]:
    """Return what the form shows at first of a source's details."""
    begins, until = source.valid_from, source.valid_until
    return {
        "truth_for": source.truth_for,
        "sensitivity": source.sensitivity,
        "tags": ", ".join(source.tags),
        "valid_from": timezone.localdate(begins) if begins else None,
        "valid_until": timezone.localdate(until) - timedelta(days=1) if until else None,
        "supersedes": former.name if former else "",
    }


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
    field_order = (
        *("title", "name", "kind", "key_field", "file", "truth_for", "owner", "authority"),
        *("max_age_days", "sensitivity", "tags"),
    )


class ChangeForm(_SourceFields):
    """Form of a source's settings."""

    field_order = ("title", "truth_for", "owner", "authority", "max_age_days", "sensitivity")


class UploadForm(forms.Form):
    """Form of a source's next revision."""

    file = forms.FileField(label="A new file")

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ",".join(suffixes(kind))
