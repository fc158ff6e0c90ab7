"""JSON values get one canonical text, so that equal content has an equal hash. Pure.

Keys are sorted and strings are in Unicode NFC. Values without a single spelling are refused:
floats, NaN, duplicate keys, keys that are not strings, NUL. This is the subset of RFC 8785 (JSON
Canonicalization Scheme) whose only numbers are integers.
"""

import hashlib
import json
import re
from typing import Any

from tenants.errors import Invalid
from tenants.text.json_depth import DEEPEST
from tenants.text.plain_text import to_nfc

LARGEST = 2**53 - 1  # beyond it JSON readers disagree about integers (RFC 8259, section 6)
LONGEST_TEXT = 64 * 1024  # characters of what a person or a client's system sends at once
# Half a surrogate pair has no UTF-8, and Postgres keeps no NUL in its JSON.
UNENCODABLE = re.compile("[\x00\ud800-\udfff]")
# Made once: ``json.dumps`` makes an encoder at each call with options.
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any, level: int = 0) -> Any:
    """Return the JSON ``value`` with its strings in NFC and its keys sorted.

    Raises Invalid (``too_deep``, ``not_canonical``) for a value without a single spelling.
    """
    if level > DEEPEST:
        raise Invalid(f"JSON may be {DEEPEST} levels deep, not more.", code="too_deep")
    match value:  # the most frequent kinds first
        case str() if not UNENCODABLE.search(value):
            return value if value.isascii() else to_nfc(value)
        case dict():
            return _object(value, level)
        case None | bool():
            return value
        case int() if abs(value) <= LARGEST:
            return value
        case list() | tuple():
            return [canonical(item, level + 1) for item in value]
    raise Invalid(
        f"{_brief(value)} has no exact JSON spelling. Use text, whole numbers (money in minor "
        "units), true, false, null, lists and objects.",
        code="not_canonical",
    )


def _brief(value: Any) -> str:
    """Return a short text for an error message."""
    if isinstance(value, int):
        return str(value) if value.bit_length() < 100 else "A number this large"
    return repr(value[:80] if isinstance(value, str | bytes) else value)[:120]


def _object(value: dict[Any, Any], level: int) -> dict[str, Any]:
    try:
        names = "".join(value)
    except TypeError as error:
        raise Invalid("Every name in a JSON object must be text.", code="not_canonical") from error
    if names.isascii() and "\x00" not in names:
        # Such names have one spelling, and code points order them as UTF-16 units do.
        return {name: canonical(value[name], level + 1) for name in sorted(value)}
    spelled = {canonical(k): canonical(v, level + 1) for k, v in value.items()}
    if len(spelled) != len(value):
        raise Invalid("Two names in a JSON object are the same text.", code="not_canonical")
    # By UTF-16 units, as RFC 8785 has it: code points order emoji differently.
    return dict(sorted(spelled.items(), key=lambda pair: pair[0].encode("utf-16-be")))


def dumps(value: Any) -> str:
    """The canonical JSON text of ``value``."""
    return _ENCODER.encode(canonical(value))


def is_too_large(given: Any, most: int = LONGEST_TEXT) -> bool:
    """Whether the JSON text of a canonical value has more than ``most`` characters."""
    return len(_ENCODER.encode(given)) > most


def sha256(value: Any) -> str:
    """The SHA-256 of the canonical JSON text, as 64 hexadecimal digits."""
    return sha256_of_canonical(canonical(value))


def sha256_of_canonical(value: Any) -> str:
    """The SHA-256 of a value that ``canonical`` returned: ``sha256`` would take it apart again."""
    return hashlib.sha256(_ENCODER.encode(value).encode()).hexdigest()


def parse_json(text: str | bytes) -> Any:
    """Parse JSON that is to be hashed. Raises Invalid for duplicate keys and the like."""
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"This is not JSON: {str(error)[:200]}.", code="not_json") from error
    return canonical(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Invalid("Two names in a JSON object are the same text.", code="not_canonical")
    return dict(pairs)
