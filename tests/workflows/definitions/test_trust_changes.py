"""What a new version changes is said in sentences, and nothing that differs goes unsaid."""

import pytest

from tests.workflows.definitions.trust_kit import TOOLS, read
from tests.world import DEFINITION
from workflows.definitions.diff import difference
from workflows.definitions.trust_changes import LESS, MORE, OTHER, trust_changes

NEVER = 'never:\n  - {tool: shop.refund, if: "args.amount.value > 20000", why: "Dana handles large refunds."}\n'  # noqa: E501
WAS = "Never shop.refund where args.amount.value > 20000. Dana handles large refunds."


def said(before: str, after: str) -> list[tuple[str, str]]:
    return [(c.way, c.sentence) for c in trust_changes(read(before), read(after), TOOLS)]


CASES = [
    (
        "rung: execute_with_approval", "rung: draft_only", LESS,
        "Rung lowered from execute with approval to draft only.",
        MORE, "Rung raised from draft only to execute with approval.",
    ),
    (
        "sources: [returns-policy, orders]", "sources: [returns-policy]", LESS,
        "No longer reads orders.", MORE, "May now read orders.",
    ),
    (NEVER, "", MORE, f"A never-rule was removed: {WAS}", LESS, f"A never-rule was added: {WAS}"),
    (
        '    if: "steps.reply.output.refund.value > 0"\n', "", MORE,
        "refund has no condition any more. Before: only if steps.reply.output.refund.value > 0.",
        LESS, "refund has a condition now: only if steps.reply.output.refund.value > 0.",
    ),
    (
        "      cite: facts\n", "", MORE, "reply no longer cites its sources.",
        LESS, "reply cites facts now.",
    ),
    (
        "tool: mail.send\n", "tool: mail.send\n      rung: draft_only\n", LESS,
        "Rung of send lowered from execute with approval to draft only.",
        MORE, "Rung of send raised from draft only to execute with approval.",
    ),
    (
        "tool: mail.send\n      group: answer", "tool: mail.send", OTHER,
        "send goes before a person alone now.",
        OTHER, "send is approved together with the group answer now.",
    ),
    (
        "needs: [refund]", "needs: [reply, refund]", OTHER, "send waits for reply now.",
        OTHER, "send no longer waits for reply.",
    ),
    (
        "title: Refund replies\n", "title: Refund replies\ndecide_within_hours: 4\n", OTHER,
        "A person has 4 hours to decide, before it was 24.",
        OTHER, "A person has 24 hours to decide, before it was 4.",
    ),
    (
        "Dana handles large refunds.", "Ask Dana.", OTHER,
        "The reason of a never-rule changed: "
        "Never shop.refund where args.amount.value > 20000. Ask Dana.",
        OTHER, f"The reason of a never-rule changed: {WAS}",
    ),
    (
        "the customer's message", "in French", OTHER, "reply changed: prompt.",
        OTHER, "reply changed: prompt.",
    ),
    (
        'to: "input.from"', "to: \"'all@shop.example'\"", OTHER, "send changed: args.to.",
        OTHER, "send changed: args.to.",
    ),
    ("same day", "next day", OTHER, "Changed: brief.why.", OTHER, "Changed: brief.why."),
    (
        "{const: USD}}", "{const: EUR}}", OTHER, "Changed: schemas.reply.",
        OTHER, "Changed: schemas.reply.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "way", "there", "way_back", "back"), CASES)
def test_each_change_and_its_opposite_have_one_sentence(
    old: str, new: str, way: str, there: str, way_back: str, back: str
) -> None:
    assert DEFINITION.count(old) == 1
    changed = DEFINITION.replace(old, new)
    assert said(DEFINITION, changed) == [(way, there)]
    assert said(changed, DEFINITION) == [(way_back, back)]


def test_what_allows_more_is_said_first() -> None:
    before = DEFINITION.split("  - name: send")[0].replace(
        "rung: execute_with_approval", "rung: draft_only"
    )
    after = DEFINITION.replace("sources: [returns-policy, orders]", "sources: [orders]")
    found = said(before, after)
    assert found[:2] == [
        (MORE, "Rung raised from draft only to execute with approval."),
        (MORE, "May now send with E-mail (mail.send)."),
    ]
    assert (OTHER, "New step: send.") in found
    assert found[-1] == (LESS, "No longer reads returns-policy.")
    assert (LESS, "Can no longer send with E-mail (mail.send).") in said(after, before)


def test_the_same_definition_written_otherwise_changes_nothing() -> None:
    assert said(DEFINITION, "# a remark\n" + DEFINITION) == []
    assert not difference(read(DEFINITION), read(DEFINITION))
