"""Forms of pages as they are filled: read from a page, told in words, and compared. Pure.

A person approves what a form shows; the form that is sent later must be the same one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from tenants.text.credentials import without_credentials

MOST_FIELDS = 100  # as the script has it
UNKEPT = re.compile("[\x00\ud800-\udfff]")  # what Postgres keeps in no JSON
AGAIN = "Nothing was sent. Ask again, so that a person sees the form as it is now."

# Run by the page's browser on the button that sends the form, with the fields to cover. Prototypes
# are named because a field called "action" hides the form's own.
FORM_SCRIPT = """(button, covered) => {
  const most = 100, longest = 5000;
  let left = 60000;  // characters of all labels and values
  const cut = (text, size) => {
    const kept = String(text).slice(0, Math.min(size, left));
    left -= kept.length;
    return kept;
  };
  const got = (element, name) => Element.prototype.getAttribute.call(element, name);
  const form = button.form || button.closest("form");
  const elements = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements").get;
  const every = form
    ? [...elements.call(form)]
    : [...document.querySelectorAll("input, select, textarea")];
  const silent = ["submit", "image", "reset", "button", "fieldset", "output", "object"];
  const label = e => {
    const first = e.labels && e.labels[0];
    if (first) {
      const copy = first.cloneNode(true);
      copy.querySelectorAll("input, select, textarea, button").forEach(one => one.remove());
      if (copy.textContent.trim()) return copy.textContent;
    }
    return e.getAttribute("aria-label") || e.placeholder || e.name || e.id || "";
  };
  const value = e => {
    if (e.type === "checkbox" || e.type === "radio") return e.checked ? "yes" : "no";
    if (e.tagName === "SELECT") return [...e.selectedOptions].map(o => o.label.trim()).join(", ");
    return e.value || "";
  };
  const fields = every.filter(e => !silent.includes(e.type)).map(e => {
    const isSeen = e.type !== "hidden" && e.checkVisibility();
    const isCovered = e.type === "password" || covered.includes(e);
    const isChosen = ["checkbox", "radio"].includes(e.type) || e.tagName === "SELECT";
    return {
      name: cut(e.name || e.id || "", 200),
      kind: cut(e.type || "", 40),
      label: isSeen ? cut(label(e).trim().replace(/\\s+/g, " "), 200) : "",
      value: isSeen && !isCovered ? cut(value(e), longest) : "",
      sent: isSeen && !isCovered && isChosen ? cut(e.value, longest) : "",
      is_seen: isSeen,
      is_covered: isCovered,
    };
  });
  const named = (part, own) => got(button, "form" + part) || (form && got(form, part)) || own;
  return {
    address: form ? cut(new URL(named("action", location.href), document.baseURI).href, 2000) : "",
    method: form ? cut(named("method", "get").toLowerCase(), 20) : "",
    page: cut(location.origin + location.pathname, 2000),
    fields: fields.slice(0, most),
    is_cut: fields.length > most || left <= 0,
  };
}"""


@dataclass(frozen=True, slots=True)
class FormField:
    """Field of a form. ``sent`` is what is sent for a choice, ``value`` what people read of it.

    One that is not seen has neither, nor has one that is covered, which holds a secret.
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


def form_change(shown: PageForm, now: PageForm) -> str:
    """Return how a form differs from the one that was shown, in a sentence; empty for not."""
    found = _difference(shown, now)
    return f"{found} {AGAIN}" if found else ""


def _difference(shown: PageForm, now: PageForm) -> str:
    if (shown.address or shown.page) != (now.address or now.page):
        return "The form goes to another address than the one that was shown."
    if shown.method != now.method:
        return "The form is sent in another way than the one that was shown."
    before = [(one.name, one.kind, one.label, one.is_seen) for one in shown.fields]
    after = [(one.name, one.kind, one.label, one.is_seen) for one in now.fields]
    for one, key in zip(now.fields, after, strict=True):
        if key not in before:
            return f"The form has a field “{one.title}” that was not shown."
    for one, key in zip(shown.fields, before, strict=True):
        if key not in after:
            return f"The form has no field “{one.title}” as it was shown any more."
    if before != after or shown.is_cut != now.is_cut:
        return "The form's fields are others than those that were shown."
    for old, new in zip(shown.fields, now.fields, strict=True):
        if (old.value, old.sent, old.is_covered) != (new.value, new.sent, new.is_covered):
            was, says = _short(old.said), _short(new.said)
            return f"The field “{old.title}” said “{was}” and says “{says}” now."
    return ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
