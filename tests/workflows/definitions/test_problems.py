"""Problems of a definition and their places in the text."""

import pytest

from workflows.definitions.problems import (
    DEEPEST,
    LONGEST,
    MOST_PARTS,
    DefinitionError,
    Problem,
    read_yaml,
)

TEXT = "title: Replies\nsteps:\n  - name: a\n    act: {tool: t}\n"


def problem(text: str) -> Problem:
    with pytest.raises(DefinitionError) as refused:
        read_yaml(text)
    [found] = refused.value.problems
    return found


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("title",), 1, 1),
        (("steps",), 2, 1),
        (("steps", 0), 3, 5),
        (("steps", 0, "act"), 4, 5),
        (("steps", 0, "act", "tool"), 4, 11),
        (("steps", 0, "act", "args", "to"), 4, 5),  # the nearest that is there
        (("rung",), 1, 1),
        ((), 1, 1),
    ],
)
def test_a_problem_is_placed_at_the_nearest_value_there_is(
    path: tuple[str | int, ...], line: int, column: int
) -> None:
    _, places = read_yaml(TEXT)
    assert places.place(Problem(path, "No.")) == Problem(path, "No.", line, column)


def test_a_problem_that_has_a_place_keeps_it() -> None:
    _, places = read_yaml(TEXT)
    assert places.place(Problem(("title",), "No.", 9, 8)) == Problem(("title",), "No.", 9, 8)


def test_values_and_their_places_are_read_together() -> None:
    value, places = read_yaml(TEXT)
    assert value == {"title": "Replies", "steps": [{"name": "a", "act": {"tool": "t"}}]}
    assert places.has("steps", 0, "act")
    assert not places.has("steps", 1)


def test_a_name_that_stands_twice_is_a_problem_at_the_second() -> None:
    _, places = read_yaml("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert places.repeated == [
        Problem(("b", "c"), "“c” stands here twice.", 2, 11),
        Problem(("a",), "“a” stands here twice.", 3, 1),
    ]


def test_a_problem_is_said_with_its_place_and_path() -> None:
    assert Problem(("steps", 0, "act"), "No tool.", 4, 5).sentence() == (
        "Line 4, column 5 (steps.0.act): No tool."
    )
    assert Problem((), "No.", 1, 1).sentence() == "Line 1, column 1 (the definition): No."


def test_an_error_has_all_its_problems_for_people_and_for_machines() -> None:
    error = DefinitionError([Problem(("a",), "One.", 1, 2), Problem(("b", 0), "Two.", 3, 4)])
    assert error.message == "Line 1, column 2 (a): One. Line 3, column 4 (b.0): Two."
    assert error.data == {
        "problems": [
            {"line": 1, "column": 2, "path": ["a"], "message": "One."},
            {"line": 3, "column": 4, "path": ["b", 0], "message": "Two."},
        ]
    }


def test_a_text_of_the_greatest_length_is_read_and_a_longer_one_is_not() -> None:
    longest = "a: " + "x" * (LONGEST - 3)
    assert read_yaml(longest)[0] == {"a": longest[3:]}
    said = "A definition has 100,000 characters at most."
    assert problem(longest + "x") == Problem((), said, 1, 1)


def test_a_text_of_the_greatest_depth_is_read_and_a_deeper_one_is_not() -> None:
    def nested(levels: int) -> str:
        inside = levels - 1  # the definition itself is the first
        return "a: " + "[" * inside + "]" * inside

    assert list(read_yaml(nested(DEEPEST))[0]) == ["a"]
    assert problem(nested(DEEPEST + 1)) == Problem((), "This is nested too deep.", 1, 1)


def test_a_text_of_too_many_parts_is_refused_where_they_are_too_many() -> None:
    found = problem("- a\n" * (MOST_PARTS + 1))
    # Before the items come the beginnings of stream, document and list.
    assert (found.message, found.line) == ("This has too many parts.", MOST_PARTS - 1)
