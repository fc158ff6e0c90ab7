"""Forms of the share of second looks, and of a planted mistake."""

from django import forms

from approvals.quality.consent import MOST
from approvals.quality.planting import LONGEST


class ShareForm(forms.Form):
    """Form of the percentage of accepted items that get a second look."""

    percent = forms.IntegerField(
        label="Second looks, of 100 accepted items",
        help_text=f"From 0 to {MOST}. 0: none.",
        min_value=0,
        max_value=MOST,
    )


class MistakeForm(forms.Form):
    """Form of a planted copy: the mistake in words."""

    mistake = forms.CharField(
        label="What is wrong with it",
        help_text="Whoever answers reads this: “the amount was $480 instead of $48”.",
        max_length=LONGEST,
    )
