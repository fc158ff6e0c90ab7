"""Two texts laid over each other keep every character of both."""

from hypothesis import given
from hypothesis import strategies as st

from portal.redline import GONE, NEW, SAME, Line, redline

LINES = st.lists(st.sampled_from(["a b c", "a x c", "", "one", "  one", "needs: [a]"]), max_size=12)


def text(line: Line) -> str:
    return "".join(piece.text for piece in line.pieces)


def test_only_the_words_that_differ_are_marked() -> None:
    [block] = redline("rung: draft_only\nwhy: x", "rung: read_only\nwhy: x")
    gone, new, same = block
    assert [(p.text, p.is_marked) for p in gone.pieces] == [
        ("rung: ", False), ("draft_only", True),
    ]  # fmt: skip
    assert [(p.text, p.is_marked) for p in new.pieces] == [("rung: ", False), ("read_only", True)]
    assert (gone.old, gone.new, new.old, new.new) == (1, 0, 0, 1)
    assert (same.what, same.old, same.new) == (SAME, 2, 2)


def test_lines_that_have_nothing_in_common_are_two_lines() -> None:
    [block] = redline("alpha beta gamma", "- {tool: x}")
    assert [any(p.is_marked for p in line.pieces) for line in block] == [False, False]


def test_far_from_a_change_nothing_is_shown() -> None:
    lines = [str(n) for n in range(100)]
    blocks = redline("\n".join(lines), "\n".join(["new", *lines[:-1], "end"]))
    assert len(blocks) == 2
    assert sum(len(block) for block in blocks) == 1 + 3 + 3 + 2


def test_the_same_text_has_no_blocks() -> None:
    assert redline("a\nb", "a\nb") == []


@given(LINES, LINES)
def test_no_line_is_lost_and_numbers_point_at_the_lines(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    lines = [line for block in redline(before, after) for line in block]
    for line in lines:
        assert line.old == 0 or before.split("\n")[line.old - 1] == text(line)
        assert line.new == 0 or after.split("\n")[line.new - 1] == text(line)
    gone = {line.old for line in lines if line.what == GONE}
    came = {line.new for line in lines if line.what == NEW}
    kept_old = [t for n, t in enumerate(before.split("\n"), 1) if n not in gone]
    kept_new = [t for n, t in enumerate(after.split("\n"), 1) if n not in came]
    assert kept_old == kept_new
