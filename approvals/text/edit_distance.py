"""How far an edit is from what was drafted. Pure."""

from collections import Counter

from approvals.text.differences import Work, opcodes

MOST_WORK = 1_000_000  # it is counted while the item is locked


def words_changed(before: str, after: str) -> int:
    """Words added, removed or replaced between two texts (difflib's opcodes).

    Of texts that are too long or too even for it, the words that only one of them has.
    """
    a, b = before.split(), after.split()
    found = opcodes(a, b, Work(MOST_WORK))
    if found is None:
        gone, came = Counter(a), Counter(b)
        return max((gone - came).total(), (came - gone).total(), int(a != b))
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in found if tag != "equal")
