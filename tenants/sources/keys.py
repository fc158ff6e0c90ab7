"""The key of each record of a source, in the form in which it is looked up. Pure."""

from typing import Any

from tenants.errors import Invalid
from tenants.text.plain_text import as_key, trimmed

LONGEST_KEY = 200  # characters
MOST_NAMED = 10  # columns named in a sentence


def by_key(records: list[dict[str, Any]], key_field: str) -> dict[str, dict[str, Any]]:
    """Return the records by their key, in its one form.

    Raises Invalid (``bad_key``) for a missing, doubled or too long key, before anything is written.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, data in enumerate(records, 1):
        name = _column(data, key_field)
        key = _key(data[name]) if name is not None else ""
        said = ""
        if name is None:
            said = f"has no {key_field}. {_columns(data)}"
        elif key is None:
            said = f"has a {key_field} that is neither a text nor a whole number."
        elif not key:
            said = f"has no {key_field}."
        elif len(key) > LONGEST_KEY:
            said = f"has a {key_field} longer than {LONGEST_KEY} characters."
        elif key in found:
            said = f"has “{key}” a second time."
        if key is None or said:
            raise Invalid(
                f"Record {number} {said} Every record needs its own {key_field}.",
                code="bad_key",
                record=number,
            )
        found[key] = data
    return found


def _column(data: dict[str, Any], key_field: str) -> str | None:
    """Return the column named ``key_field``: exactly, else but for case and blanks."""
    if key_field in data:
        return key_field
    wanted = as_key(key_field).casefold()
    found = [name for name in data if as_key(name).casefold() == wanted]
    return found[0] if len(found) == 1 else None


def _key(value: Any) -> str | None:
    """Return a key as it is stored; None for a value that is none, such as null or a list."""
    if value is None or isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return as_key(str(value))


def _columns(data: dict[str, Any]) -> str:
    names = [trimmed(name)[:40] for name in data]
    if not names:
        return "It has no columns."
    more = ", …" if len(names) > MOST_NAMED else ""
    return f"Its columns are {', '.join(names[:MOST_NAMED])}{more}."
