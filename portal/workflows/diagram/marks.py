"""Marks on the steps of a picture, such as "new" or "problem", told by shape and word. Pure."""

from portal.workflows.diagram.layout import NODE_H, Box

HIGH, SIGN_W, CHAR_W = 18, 20, 7.4
# Each mark with the sign and the word that are drawn on the step.
MARKS = {
    "added": ("+", "new"),
    "removed": ("−", "removed"),
    "changed": ("~", "changed"),
    "wrong": ("!", "problem"),
}


def css(mark: str | None) -> str:
    """Return the CSS classes of a marked step.

    The outline of a marked step is solid and thick, dashed, dotted or double.
    """
    return f" marked marked-{mark}" if mark in MARKS else ""


def mark_words(mark: str | None) -> str:
    """Return the mark as words to follow a sentence."""
    return f" ({MARKS[mark][1]})" if mark in MARKS else ""


def step_badge(mark: str, box: Box) -> str:
    """Return the sign and the word on the lower edge of a step, clear of its group's name."""
    sign, word = MARKS[mark]
    wide = SIGN_W + len(word) * CHAR_W + 6
    x, y = box.x + box.w - wide - 8, box.middle + NODE_H / 2 - HIGH / 2
    return (
        f'<g class="drawing-mark drawing-mark-{mark}" aria-hidden="true">'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{HIGH}" rx="4"/>'
        f'<text class="drawing-sign" x="{x + 7:.1f}" y="{y + 13:.1f}">{sign}</text>'
        f'<text x="{x + SIGN_W - 2:.1f}" y="{y + 13:.1f}">{word}</text></g>'
    )
