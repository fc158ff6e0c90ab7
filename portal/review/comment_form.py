"""Form of a comment on a review item, with the colleagues it asks."""

from typing import Any, cast
from uuid import UUID

from django import forms

from approvals.review.comments import LONGEST, mentionable
from tenants.errors import Invalid


class CommentForm(forms.Form):
    """The words of a comment, and the people it asks, if any."""

    ask = forms.TypedMultipleChoiceField(required=False, coerce=UUID)
    comment = forms.CharField(
        max_length=LONGEST,
        strip=True,
        error_messages={
            "required": "Write what you want to say.",
            "max_length": f"Write at most {LONGEST:,} characters.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask = cast(forms.TypedMultipleChoiceField, self.fields["ask"])
        ask.choices = [(one.user_id, str(one.user)) for one in mentionable()]
        ask.error_messages["invalid_choice"] = "Ask people who belong to this business now."

    def read(self) -> tuple[list[UUID], str]:
        """Return the people asked and the words. Raises Invalid with the form's first error."""
        if not self.is_valid():
            raise Invalid(str(next(iter(self.errors.values()))[0]), code="bad_comment")
        return self.cleaned_data["ask"], self.cleaned_data["comment"]
