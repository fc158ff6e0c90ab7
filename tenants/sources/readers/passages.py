"""Running text is cut into passages."""

import re

from tenants.sources.readers import Piece, storable_text

LONGEST = 900  # characters: a few sentences, so that a citation points at something readable


def split_section(heading: str, text: str) -> list[Piece]:
    """Return the passages of one section: paragraphs joined up to LONGEST characters.

    A paragraph longer than that is cut at the ends of sentences.
    """
    pieces: list[str] = []
    for paragraph in re.split(r"\n\s*\n", storable_text(text)):
        for part in _sentences(" ".join(paragraph.split())):
            if pieces and len(pieces[-1]) + len(part) < LONGEST:
                pieces[-1] += f"\n{part}"
            elif part:
                pieces.append(part)
    return [Piece(storable_text(heading)[:200], piece) for piece in pieces]


def _sentences(paragraph: str) -> list[str]:
    if len(paragraph) <= LONGEST:
        return [paragraph]
    parts: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+", paragraph):
        for start in range(0, len(sentence), LONGEST):
            chunk = sentence[start : start + LONGEST]
            if parts and len(parts[-1]) + len(chunk) < LONGEST:
                parts[-1] += f" {chunk}"
            else:
                parts.append(chunk)
    return parts
