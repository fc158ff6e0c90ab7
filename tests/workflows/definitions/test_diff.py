"""What differs between two definitions, by the names of steps and settings."""

from tests.workflows.definitions.trust_kit import read
from tests.world import DEFINITION
from workflows.definitions.diff import difference, drawable, with_removed_steps


def test_steps_are_added_removed_and_changed_by_name() -> None:
    after = DEFINITION.replace("name: send", "name: tell").replace("token", "tokens")
    after = after.replace("Answer the customer's message.", "Answer kindly.")
    found = difference(read(DEFINITION), read(after))
    assert found.marks() == {"tell": "added", "send": "removed", "reply": "changed"}


def test_a_removed_step_is_drawn_where_it_stood() -> None:
    after = DEFINITION.replace("name: refund\n", "name: pay\n").replace("[refund]", "[pay]")
    both = with_removed_steps(read(DEFINITION), read(after))
    assert [step.name for step in both.steps] == ["facts", "reply", "refund", "pay", "send"]


def test_what_cannot_be_drawn_is_left_out_of_the_drawing() -> None:
    head = "workflow: w\nrung: draft_only\nbrief: {why: x}\nsteps:\n"
    text = head + "".join(
        f"  - {{name: {name}, needs: [{needs}], retrieve: {{query: a}}}}\n"
        for name, needs in (("a", "c, gone"), ("b", "a"), ("c", "b"), ("a", ""), ("d", "d"))
    )
    drawn = drawable(read(text))
    needs = {step.name: step.head.needs for step in drawn.steps}
    assert needs == {"a": ["c"], "b": ["a"], "c": [], "d": []}


def test_a_changed_setting_is_named_to_its_second_level() -> None:
    one = DEFINITION.replace('amount: "steps.reply.output.refund"', "amount: {value: '1'}")
    other = DEFINITION.replace('amount: "steps.reply.output.refund"', "amount: {value: '2'}")
    assert difference(read(one), read(other)).changed == {"refund": ("args.amount",)}


def test_a_setting_that_came_or_went_is_named_by_itself() -> None:
    timed = DEFINITION.replace("  - name: refund\n", "  - name: refund\n    timeout: 5s\n")
    assert difference(read(DEFINITION), read(timed)).changed == {"refund": ("timeout",)}
    assert difference(read(timed), read(DEFINITION)).changed == {"refund": ("timeout",)}


def test_a_step_of_another_kind_is_named_by_its_new_kind_alone() -> None:
    head = "workflow: w\nrung: draft_only\nbrief: {why: x}\nsteps:\n"
    before = read(head + "  - {name: a, retrieve: {query: a}}\n")
    after = read(head + "  - {name: a, wait: {for: 1h}}\n")
    assert difference(before, after).changed == {"a": ("wait",)}


def test_settings_of_the_head_are_named_apart_from_the_steps() -> None:
    after = DEFINITION.replace("the same day", "within a day").replace("Refund replies", "Replies")
    found = difference(read(DEFINITION), read(after))
    assert (found.head, found.marks(), bool(found)) == (("title", "brief.why"), {}, True)


def test_steps_in_another_order_are_no_difference() -> None:
    head = "workflow: w\nrung: draft_only\nbrief: {why: x}\nsteps:\n"
    one, other = (f"  - {{name: {name}, retrieve: {{query: a}}}}\n" for name in "ab")
    assert not difference(read(head + one + other), read(head + other + one))


def test_a_definition_that_can_be_drawn_is_drawn_as_it_is() -> None:
    assert drawable(read(DEFINITION)) == read(DEFINITION)
