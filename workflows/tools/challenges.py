"""Challenges of a server that wants a token (RFC 6750, RFC 9728): their fields, as text. Pure."""

import re

FIELD = re.compile(r'(?:^|[\s,])([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")
LONGEST_SCOPE = 1000  # characters


def challenge_field(challenge: str, name: str) -> str:
    """Return a field of a ``WWW-Authenticate`` header; empty where it has none."""
    for found in FIELD.finditer(challenge):
        if found[1].lower() == name:
            return re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
    return ""


def plain_scope(text: object) -> str:
    """Return a scope as RFC 6749 writes it; empty for anything else."""
    if not isinstance(text, str) or len(text) > LONGEST_SCOPE or not SCOPE.fullmatch(text):
        return ""
    return text


def lacking_scope(challenge: str) -> str | None:
    """Return the scope that a token lacks, empty where it is not named; None where none lacks."""
    if challenge_field(challenge, "error") != "insufficient_scope":
        return None
    return plain_scope(challenge_field(challenge, "scope"))
