"""Forms of second looks and planted mistakes."""

from django import forms

from approvals.quality.consent import MOST
from approvals.quality.planting import LONGEST


class ShareForm(forms.Form):
    """How many of a hundred accepted items are looked at again."""

    percent = forms.IntegerField(
        label="Second looks, of 100 accepted items",
        help_text=f"From 0 to {MOST}. 0: none.",
        min_value=0,
        max_value=MOST,
    )


class MistakeForm(forms.Form):
    """What is wrong with a planted copy."""

    mistake = forms.CharField(
        label="What is wrong with it",
        help_text="Whoever answers reads this: “the amount was $480 instead of $48”.",
        max_length=LONGEST,
    )
