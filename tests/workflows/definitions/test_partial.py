"""A wrong definition is repaired as far as it goes, so that the rest of it can be checked."""

from typing import Any

from workflows.definitions.partial import Repairs, repaired
from workflows.definitions.problems import Problem
from workflows.definitions.schema import Brief, Head, StepHead

HEAD: dict[str, Any] = {"workflow": "replies", "rung": "draft_only", "brief": {"why": "x"}}


def repair(**changes: Any) -> tuple[Head | None, Repairs]:
    repairs = Repairs()
    return repaired(Head, HEAD | changes, (), repairs), repairs


def test_what_fits_is_left_as_it_is() -> None:
    assert repair() == (Head.model_validate(HEAD), Repairs())


def test_a_setting_nobody_knows_is_taken_out() -> None:
    head, repairs = repair(titel="Replies to Mia")
    assert head == Head.model_validate(HEAD)
    assert (repairs.places, repairs.names) == ({("titel",)}, {"Replies to Mia"})


def test_a_value_that_must_be_there_gets_a_stand_in() -> None:
    head, repairs = repair(rung="do_anything")
    assert head is not None
    assert (head.rung, head.workflow) == ("read_only", "replies")
    assert (repairs.places, repairs.names) == ({("rung",)}, {"do_anything"})


def test_a_value_that_is_missing_gets_a_stand_in_too() -> None:
    repairs = Repairs()
    head = repaired(Head, {"workflow": "replies", "rung": "draft_only"}, (), repairs)
    assert head is not None
    assert (head.brief, repairs.places) == (Brief(why="unnamed"), {("brief",)})


def test_items_left_of_a_list_keep_their_place_in_the_text() -> None:
    head, repairs = repair(sources=["orders", "Bad one", "prices", "Bad too", "rules"])
    assert head is not None
    assert head.sources == ["orders", "prices", "rules"]
    assert repairs.left == {("sources",): [0, 2, 4]}
    assert [repairs.original(("sources", n)) for n in range(3)] == [
        ("sources", 0),
        ("sources", 2),
        ("sources", 4),
    ]
    assert repairs.original(("never", 1)) == ("never", 1)


def test_a_step_is_repaired_at_its_place_in_the_definition() -> None:
    repairs = Repairs()
    step = repaired(StepHead, {"name": "a", "timeout": "soon"}, ("steps", 2), repairs)
    assert (step, repairs.places) == (StepHead(name="a"), {("steps", 2, "timeout")})


def test_the_given_value_is_not_changed() -> None:
    given = HEAD | {"sources": ["Bad one"]}
    repaired(Head, given, (), Repairs())
    assert given["sources"] == ["Bad one"]


def test_what_is_no_mapping_is_beyond_repair() -> None:
    assert repaired(Head, ["a"], (), Repairs()) is None
    assert repaired(Head, None, (), Repairs()) is None


def test_a_problem_at_or_around_a_repaired_place_is_not_the_texts_own() -> None:
    repairs = Repairs(places={("steps", 1, "act")})
    for path in (("steps", 1, "act"), ("steps", 1, "act", "tool"), ("steps", 1), ()):
        assert not repairs.is_real(Problem(path, "Something is wrong."))
    for path in (("steps", 1, "needs"), ("steps", 2, "act"), ("title",)):
        assert repairs.is_real(Problem(path, "Something is wrong."))


def test_a_problem_about_a_name_that_was_taken_out_is_not_the_texts_own() -> None:
    repairs = Repairs(names={"order"})
    assert not repairs.is_real(Problem(("a",), "There is no source called order."))
    assert repairs.is_real(Problem(("a",), "There is no source called orders."))
    assert repairs.is_real(Problem(("a",), "There is no source called pre-order."))


def test_a_wrong_list_of_a_step_takes_the_whole_step_with_it() -> None:
    repairs = Repairs()
    repairs.note_removed(("steps", 1, "for_each", "in"), "")
    assert repairs.places == {("steps", 1)}


def test_a_removed_schema_takes_its_name_with_it() -> None:
    repairs = Repairs()
    repairs.note_removed(("schemas", "reply"), {"type": "objekt"})
    assert repairs.names == {"reply", "objekt"}


def test_only_texts_that_may_be_names_are_kept_as_such() -> None:
    repairs = Repairs()
    repairs.note_removed(("x",), ["a", "ab", {"deep": "b" * 60}, "c" * 61, 7])
    assert repairs.names == {"ab", "b" * 60}
