"""Forms of pages as they are filled: read from a page, told in words, and compared. Pure.

A person approves what a form shows; the form that is sent later must be the same one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from tenants.text.credentials import without_credentials

MOST_FIELDS = 100  # as the script has it
UNKEPT = re.compile("[\x00\ud800-\udfff]")  # what Postgres keeps in no JSON
MARKS = re.compile("[;?]")  # begin the parameters of an address
CUT = "…"  # ends an address whose parameters are others each time; no address holds it
AGAIN = "Nothing was sent. Ask again, so that a person sees the form as it is now."


@dataclass(frozen=True, slots=True)
class FormField:
    """Field of a form. ``sent`` is what is sent for a choice, ``value`` what people read of it.

    One that is covered, which holds a secret, has neither. Of one that is not seen ``sent`` is a
    fingerprint, empty where it is not compared, and ``value`` is there for numbers alone.
    """

    name: str
    kind: str
    label: str
    value: str
    sent: str
    is_seen: bool
    is_covered: bool

    @property
    def said(self) -> str:
        """The value in words."""
        return "covered, as it is a secret" if self.is_covered else self.value or "empty"

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """What tells the field from others of its form."""
        return self.name, self.kind, self.label, self.is_seen

    @property
    def title(self) -> str:
        """The words by which people know the field."""
        return self.label or self.name or "a field without a name"


@dataclass(frozen=True, slots=True)
class PageForm:
    """Filled form of a page, with where and how it is sent. ``is_cut``: it has more fields."""

    address: str
    method: str
    page: str
    fields: tuple[FormField, ...]
    is_cut: bool

    @classmethod
    def read(cls, told: Mapping[str, Any], hidden: Iterable[str] = ()) -> Self:
        """Return the form that a page or a stored row has, without ``hidden`` values."""
        kept = list(hidden)

        def text(value: Any) -> str:
            return without_credentials(UNKEPT.sub("\N{REPLACEMENT CHARACTER}", str(value)), kept)

        fields = tuple(
            FormField(
                **{name: text(one[name]) for name in ("name", "kind", "label", "value", "sent")},
                is_seen=bool(one["is_seen"]),
                is_covered=bool(one["is_covered"]),
            )
            for one in told["fields"][:MOST_FIELDS]
        )
        where = {name: text(told[name]) for name in ("address", "method", "page")}
        return cls(**where, fields=fields, is_cut=bool(told["is_cut"]))

    def as_json(self) -> dict[str, Any]:
        """Return the form as ``read`` takes it."""
        return asdict(self)

    @property
    def seen(self) -> list[FormField]:
        """The fields that people see."""
        return [one for one in self.fields if one.is_seen]

    @property
    def kept_from_view(self) -> list[FormField]:
        """The fields that people do not see, and that must stay the same."""
        return [one for one in self.fields if not one.is_seen and one.sent]

    @property
    def may_differ(self) -> bool:
        """Whether the form has parts that may be others each time it is opened, as a token is."""
        return bool(self.kept_from_view) or bool(MARKS.search(self.address))

    def steady(self, again: Self | None) -> Self:
        """Return the form without what was another when it was filled once more.

        ``again`` is that second form; without one nothing that people do not see is compared.
        """
        others = again.fields if again else ()
        is_same = [one.key for one in self.fields] == [one.key for one in others]
        same = {n for n, one in enumerate(others) if is_same and one.sent == self.fields[n].sent}
        fields = tuple(
            one if one.is_seen or n in same else replace(one, value="", sent="")
            for n, one in enumerate(self.fields)
        )
        address = _steady_address(self.address, again.address if again else self.address)
        return replace(self, fields=fields, address=address)


def form_change(shown: PageForm, now: PageForm) -> str:
    """Return how a form differs from the one that was shown, in a sentence; empty for not."""
    found = _difference(shown, now)
    return f"{found} {AGAIN}" if found else ""


def _difference(shown: PageForm, now: PageForm) -> str:
    if not _is_same_address(shown.address or shown.page, now.address or now.page):
        return "The form goes to another address than the one that was shown."
    if shown.method != now.method:
        return "The form is sent in another way than the one that was shown."
    before, after = [one.key for one in shown.fields], [one.key for one in now.fields]
    for one, key in zip(now.fields, after, strict=True):
        if key not in before:
            return f"The form has a field “{one.title}” that was not shown."
    for one, key in zip(shown.fields, before, strict=True):
        if key not in after:
            return f"The form has no field “{one.title}” as it was shown any more."
    if before != after or shown.is_cut != now.is_cut:
        return "The form's fields are others than those that were shown."
    for old, new in zip(shown.fields, now.fields, strict=True):
        if not old.is_seen and not old.is_covered and not old.sent:
            continue
        if not old.is_seen and (old.sent, old.is_covered) != (new.sent, new.is_covered):
            said = f" “{_short(old.value)}” and now “{_short(new.value)}”" if old.value else ""
            return f"The page keeps “{old.title}” from view, and its value changed{said}."
        if (old.value, old.sent, old.is_covered) != (new.value, new.sent, new.is_covered):
            was, says = _short(old.said), _short(new.said)
            return f"The field “{old.title}” said “{was}” and says “{says}” now."
    return ""


def _steady_address(first: str, again: str) -> str:
    """Return an address, cut before parameters that are others each time."""
    bare = MARKS.split(first)[0]
    return f"{bare}{CUT}" if first != again and MARKS.split(again)[0] == bare else first


def _is_same_address(shown: str, now: str) -> bool:
    if not shown.endswith(CUT):
        return shown == now
    return MARKS.split(now)[0] == shown.removesuffix(CUT)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
