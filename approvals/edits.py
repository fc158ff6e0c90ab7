"""How far an edit is from what was drafted. Pure."""

from difflib import SequenceMatcher


def words_changed(before: str, after: str) -> int:
    """Words added, removed or replaced between two texts (difflib's opcodes)."""
    a, b = before.split(), after.split()
    opcodes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in opcodes if tag != "equal")
