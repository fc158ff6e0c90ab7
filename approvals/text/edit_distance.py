"""The edit distance between a draft and a person's version, in words. Pure."""

from collections import Counter

from approvals.text.differences import Work, opcodes

MOST_WORK = 1_000_000  # less than usual, as the item is locked meanwhile


def words_changed(before: str, after: str) -> int:
    """Return how many words were added, removed or replaced (difflib's opcodes).

    For texts that take difflib too much work: the words that only one of them has.
    """
    a, b = before.split(), after.split()
    found = opcodes(a, b, Work(MOST_WORK))
    if found is None:
        gone, came = Counter(a), Counter(b)
        return max((gone - came).total(), (came - gone).total(), int(a != b))
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in found if tag != "equal")
