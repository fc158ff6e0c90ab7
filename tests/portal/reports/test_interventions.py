"""Moments somebody stepped in, each in one group."""

from uuid import uuid4

from portal.reports.counts import Decided, Undone
from portal.reports.interventions import InterventionGroup, intervention_groups
from tests.portal.reports.decided_kit import row


def test_every_moment_lies_in_exactly_one_group() -> None:
    rows = [
        row("accept"),
        row("reject", reason="tone", words="Too stiff."),
        row("reject", reason="tone"),
        row("correct", words_changed=3),
        row("take_over"),
        row("resolve", kind="exception", reason="retry", title="Refunds: it broke"),
    ]
    act = Undone(uuid4(), "Shop refund", "Refund $5", "Refunded by phone already.")
    found = intervention_groups(rows, [act])
    ids = [one for group in found for one in group.ids]
    assert sorted(ids) == sorted([*(str(r.id) for r in rows[1:]), str(act.id)])
    said = {group.title: group.said for group in found}
    assert said["Refunds: rejected, tone"] == "“Too stiff.”"
    assert said["Refunds: it broke"] == "A person had it try again."
    assert said["Shop refund undone"] == "Refunded by phone already."
    assert found[0].title == "Refunds: rejected, tone"


def only(*rows: Decided) -> InterventionGroup:
    [found] = intervention_groups(rows, [])
    return found


def test_the_largest_group_comes_first_then_by_its_title() -> None:
    rows = [row("take_over", workflow=name) for name in ("B", "A", "C", "C")]
    found = intervention_groups(rows, [])
    assert [group.title.partition(":")[0] for group in found] == ["C", "A", "B"]


def test_what_a_person_said_last_stands_for_a_rejection() -> None:
    rows = [row("reject", reason="tone", words=words) for words in ("First.", "Last.", " ")]
    assert only(*rows).said == "“Last.”"


def test_a_group_without_words_names_its_last_item_and_counts_the_others() -> None:
    rows = [row("take_over", title=title) for title in ("Lamp", "Stool", "Shelf")]
    assert only(*rows[:1]).said == "Lamp."
    assert only(*rows).said == "Shelf, and 2 more."


def test_an_edit_is_said_with_its_size() -> None:
    found = only(row("correct", words_changed=3, title="Lamp"))
    assert (found.title, found.said) == (
        "Refunds: accepted after an edit",
        "3 words changed. Lamp.",
    )


def test_exceptions_of_one_step_are_named_by_it_where_they_differ() -> None:
    def stuck(title: str) -> Decided:
        return row("resolve", kind="exception", reason="retry", step="send", title=title)

    assert only(stuck("It broke."), stuck("It broke.")).title == "It broke."
    assert only(stuck("It broke."), stuck("It stood.")).title == (
        "Refunds: could not go on at “send”"
    )


def test_exceptions_of_an_agents_parts_are_those_of_its_step() -> None:
    rows = [
        row("resolve", kind="exception", reason="retry", step=step, title=step)
        for step in ("work.2", "work.5", "work")
    ]
    assert only(*rows).title == "Refunds: could not go on at “work”"


def test_an_undo_without_a_reason_names_its_item() -> None:
    acts = [Undone(uuid4(), "Shop refund", "Refund $5", why) for why in ("By phone.", "")]
    assert intervention_groups([], acts)[0].said == "By phone."
    assert intervention_groups([], acts[1:])[0].said == "Refund $5"


def test_an_undo_that_stopped_is_no_moment_of_its_step() -> None:
    rows = [
        row("resolve", kind="exception", reason="close", title=title, about_undo=about_undo)
        for about_undo in (False, True)
        for title in ("One", "Two")
    ]
    found = intervention_groups(rows, [])
    assert {group.title: group.ids for group in found} == {
        "Refunds: could not go on at “s”": [str(one.id) for one in rows[:2]],
        "Refunds: could not undo “s”": [str(one.id) for one in rows[2:]],
    }
