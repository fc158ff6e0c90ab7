"""Files of Office programs become Markdown, by the library markitdown.

It takes two seconds to import, so that is done where a file is read: in a process of its own.
"""

import io
import re

from tenants.sources.readers.archives import check_archive
from tenants.sources.readers.refusals import OLD_OFFICE, not_of_its_kind

IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")


def converted(converter: str, content: bytes, kind: str) -> str:
    """Return a file as Markdown without its pictures, whose descriptions stay.

    ``converter`` is the name of markitdown's class, ``kind`` that of the file for people. Raises
    Invalid for a file that is not of its kind.
    """
    if not content.startswith(OLD_OFFICE) or converter != "OutlookMsgConverter":
        check_archive(content, kind)
    from markitdown import StreamInfo, converters

    try:
        made = getattr(converters, converter)().convert(io.BytesIO(content), StreamInfo())
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a damaged file breaks the parser in many ways
        raise not_of_its_kind(kind, content) from error
    return IMAGE.sub(r"\1", str(made.markdown))
