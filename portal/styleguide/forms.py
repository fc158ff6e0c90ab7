"""Sample form with one field of each kind that the pages use."""

from django import forms


class SampleForm(forms.Form):
    """One field of each kind. Bound to empty data, it shows every field's error."""

    text = forms.CharField(label="Text", help_text="What to write here, in a sentence.")
    number = forms.IntegerField(label="Number")
    long_text = forms.CharField(label="Several lines", widget=forms.Textarea({"rows": 3}))
    choice = forms.ChoiceField(label="One of a few", choices=[("", "Choose"), ("a", "This one")])
    choices = forms.MultipleChoiceField(
        label="Any of a few",
        choices=[("a", "This one"), ("b", "That one")],
        widget=forms.CheckboxSelectMultiple,
    )
    agreed = forms.BooleanField(label="Yes or no")

    use_required_attribute = False  # the browser's own check would come before our errors
