"""Which fields of a request a definition reads, for a form to start a run by hand. Pure."""

import re

READS = re.compile(r"\binput(?:\.([A-Za-z_]\w*)|\[['\"]([^'\"]{1,60})['\"]\])")
LONG = {"message", "body", "text", "question", "request"}


def fields_of(definition: str) -> list[str]:
    """Names of the request's fields that a definition reads, in the order it does."""
    return list(dict.fromkeys(dot or bracket for dot, bracket in READS.findall(definition)))


def is_long(name: str) -> bool:
    """Whether a field probably holds more than a line."""
    return name.lower() in LONG
