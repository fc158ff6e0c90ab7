"""Refusals of files that can't be read, in words that say what to do."""

from tenants.errors import Invalid

OLD_OFFICE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # OLE: Office before 2007, and locked files of today
)


def unreadable_file(message: str, **data: int) -> Invalid:
    """Return the refusal of a file, with what to do about it."""
    return Invalid(message, code="unreadable_source", **data)


def not_of_its_kind(kind: str, content: bytes) -> Invalid:
    """Return the refusal of a file that is not what its ending says, such as "a Word file"."""
    if content.startswith(OLD_OFFICE):
        return unreadable_file(
            f"This is no {kind} of today: it is locked with a password, or in the form of before "
            "2007. Save it anew without a password, and upload that."
        )
    return unreadable_file(
        f"This is no {kind}, though its name ends so, or it is damaged. Open it, save it anew, and "
        "upload that."
    )
