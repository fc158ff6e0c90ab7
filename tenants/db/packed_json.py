"""JSON that is read with its row and never searched is stored compressed.

Prompts, step outputs and the evidence of drafts are most of what a run writes. Postgres compresses
values only in rows of more than 2 kB, and again whenever such a row changes. Packed here they take
a third of that in the table, in the write-ahead log and in backups.

Such documents are short, so zlib gets a preset dictionary with what most of them contain (RFC 1950,
section 2.2). The dictionary must never change: what was packed with it needs it.
"""

import json
import zlib
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

# The first byte tells the two apart: a zlib stream begins with an "x", which no JSON text does.
ZLIB = b"x"
# The likeliest strings stand last, as zlib's manual asks.
WORDS = (
    b'"schema":{"type":"object","required":["properties":{"text":{"type":"string"},'
    b'"value":{"type":"integer"},"currency":{"const":"USD"},"max_tokens":'
    b'"messages":[{"role":"system","content":"You draft for a business. '
    b'"},{"role":"user","content":"<request>{"from":"","message":"","subject":""}</request>'
    b'\\n\\n<source n=\\"1\\" name=\\"\\" kind=\\"record\\">{\\"\\": \\"\\", \\"</source>'
    b'\\n\\n<source n=\\"2\\" name=\\"\\" kind=\\"passage\\">'
    b'"rung":"execute_with_approval","input":{"model":"handed":[],"millis":"missing":[],'
    b'"sources":[{"trigger":"left_out":[],"model_why":"named in the version","cost_micros":0}'
    b'"step":"reply","text":"","spans":[{"end":,"start":,"sources":[1],"supported":true},{'
    b'{"found":[{"n":1,"kind":"record","content":{"query":"","records":{'
    b'"n":2,"kind":"passage","owner":"","piece":"01","title":"","source":"","content":"",'
    b'"heading":"","revision":"01","source_id":"01","verified_at":"2026-12-31T12:00:00+00:00"},{'
)


class PackedJSONField(models.Field):  # type: ignore[type-arg]  # no generic when it runs
    """A JSON value in a ``bytea`` column: UTF-8 text, compressed with zlib (RFC 1950) if shorter.

    ``None`` is SQL's NULL. Raises ValueError for values that JSON lacks, such as infinity.
    """

    def get_internal_type(self) -> str:
        """Return the type of Django's own field for bytes."""
        return "BinaryField"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the value from the column."""
        return None if value is None else unpack(bytes(value))

    def get_prep_value(self, value: Any) -> Any:
        """Return the value for the column."""
        return None if value is None else pack(value)

    def spell(self, value: Any) -> str:
        """Return the value as the text that Postgres reads as bytes."""
        return rf"\x{pack(value).hex()}"

    def read(self, text: str) -> Any:
        """Return the value from the column's text in ``to_jsonb``."""
        return unpack(bytes.fromhex(text.removeprefix(r"\x")))


def pack(value: Any) -> bytes:
    """Return JSON as bytes, the shorter of plain and compressed."""
    text = json.dumps(
        value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()
    press = zlib.compressobj(zdict=WORDS)
    packed = press.compress(text) + press.flush()
    return packed if len(packed) < len(text) else text


def unpack(data: bytes) -> Any:
    """Return the value that ``pack`` was given. Raises ValueError or zlib.error for other bytes."""
    if data.startswith(ZLIB):
        data = zlib.decompressobj(zdict=WORDS).decompress(data)
    return json.loads(data)
