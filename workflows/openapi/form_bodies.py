"""Bodies of multipart forms (RFC 7578), without files. Pure."""

from collections.abc import Iterable
from hashlib import sha256

from urllib3.filepost import encode_multipart_formdata


def multipart_form(pairs: Iterable[tuple[str, str]]) -> tuple[bytes, str]:
    """Return the body of a form's fields, and its content type with the boundary.

    The same fields make the same body, so that a second try of a call is equal to the first.
    """
    fields = list(pairs)
    # No text can hold a boundary that is made from all of them.
    boundary = sha256(repr(fields).encode()).hexdigest()
    return encode_multipart_formdata(fields, boundary)
