"""Addresses that a token may go to: the one it was issued for, and what lies below it. Pure."""

import re
import unicodedata
from urllib.parse import unquote

from tenants.network.addresses import parse_url

# Parts of a path that a server may take for another path than we do.
AMBIGUOUS = re.compile(r"//|\\|%2e|%2f|%5c|[\x00-\x1f\x7f]", re.IGNORECASE)
MOST_DECODINGS = 3  # a path that is encoded more often is not read


def covers(address: str, url: str) -> bool:
    """Return whether ``url`` is ``address`` or lies below it: scheme, host, port, and the path."""
    ours, theirs = parse_url(address), parse_url(url)
    if ours is None or theirs is None:
        return False
    if (ours.scheme, ours.host, ours.port) != (theirs.scheme, theirs.host, theirs.port):
        return False
    base, path = (one.rest.partition("?")[0] for one in (ours, theirs))
    if _is_ambiguous(path):
        return False
    base = base.rstrip("/")
    return path.rstrip("/") == base or path.startswith(f"{base}/")


def _is_ambiguous(path: str) -> bool:
    """Return whether some server may read a path as one with other steps.

    Servers decode once or twice, drop what follows a semicolon, and read wide forms as plain ones.
    """
    text = path
    for _ in range(MOST_DECODINGS):
        if AMBIGUOUS.search(text):
            return True
        try:
            decoded = unquote(text, errors="strict")
        except UnicodeDecodeError:
            return True
        if decoded == text:
            break
        text = decoded
    else:
        return True
    plain = unicodedata.normalize("NFKC", text)
    steps = [step.partition(";")[0].strip() for step in plain.split("/")]
    return plain.count("/") != path.count("/") or "\\" in plain or bool({".", ".."} & {*steps})
