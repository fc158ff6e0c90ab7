"""Form of a person's notice preferences."""

import re
from typing import Any

from django import forms

from portal.notices import batching
from portal.notices.models import NoticePreference

TIME = re.compile(r"^([01]?\d|2[0-3]):[0-5]\d$")
MOST_TIMES = 6


class NoticesForm(forms.Form):
    """Form of a person's notice preferences. The chat address is set and never shown."""

    how = forms.ChoiceField(
        label="Tell me of new items", choices=NoticePreference.HOW, widget=forms.RadioSelect
    )
    times = forms.CharField(
        label="Set times",
        required=False,
        max_length=60,
        help_text="For “Together, at set times”, such as 09:00, 14:00.",
    )
    most = forms.IntegerField(
        label="At most this many an hour",
        min_value=1,
        max_value=60,
        help_text="What is more comes together in one once the hour has room.",
    )
    via = forms.ChoiceField(label="By", choices=NoticePreference.VIA, widget=forms.RadioSelect)
    address = forms.CharField(
        label="Chat address",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="The webhook of Slack, Google Chat or Discord, or an Apprise address. Kept "
        "encrypted, never shown; leave it empty to keep the one that is set.",
    )

    @classmethod
    def of(cls, preference: NoticePreference, data: Any = None) -> "NoticesForm":
        """Return the form, filled with a person's preference."""
        initial = {
            "how": preference.how,
            "times": ", ".join(preference.times),
            "most": preference.most,
            "via": preference.via,
        }
        return cls(data, initial=initial)

    def clean_times(self) -> list[str]:
        """Return the times as "HH:MM", sorted and without duplicates; the defaults for none."""
        given = [one for one in re.split(r"[,;\s]+", self.cleaned_data["times"]) if one]
        if bad := next((one for one in given if not TIME.match(one)), None):
            raise forms.ValidationError(f"“{bad}” is no time. Write it as 09:00.")
        if len(given) > MOST_TIMES:
            raise forms.ValidationError(f"Choose at most {MOST_TIMES} times.")
        return sorted({one.zfill(5) for one in given}) or batching.default_times()
