"""Office files are zip archives: they are checked before a parser unpacks them. Pure."""

import io
import zipfile

from tenants.sources.readers.refusals import not_of_its_kind, unreadable_file

MOST_ENTRIES = 10_000
LARGEST_UNPACKED = 200 * 1024 * 1024  # bytes


def check_archive(content: bytes, kind: str) -> None:
    """Raise Invalid for what is no archive, or one that unpacks to too much.

    ``kind`` names the file for people, such as "Word file". The sizes are those that the archive
    states; the limits of the reader's process hold where it lies.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise not_of_its_kind(kind, content) from error
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or size > LARGEST_UNPACKED:
        raise unreadable_file(
            f"The {kind} unpacks to more than {LARGEST_UNPACKED >> 20} MB. Take out pictures, or "
            "split it."
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise unreadable_file(f"The {kind} is locked. Save it without a password, and upload that.")
