"""Names are added to a definition's list of sources, and nothing else of it changes."""

import pytest
import yaml

from workflows.definitions.source_list import add_source_names

REST = "workflow: a\n{}steps:\n  - name: b  # first\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sources: [one, two]  # ours\n", "sources: [one, two, x, y]  # ours\n"),
        ("sources: [\n  one, # 1\n]\n", "sources: [\n  one, x, y, # 1\n]\n"),
        (
            "sources:\n  - one # 1\n  - two # 2\n",
            "sources:\n  - one # 1\n  - two # 2\n  - x\n  - y\n",
        ),
        ("sources:\n- one\n", "sources:\n- one\n- x\n- y\n"),
        ("sources: []\n", "sources: [x, y]\n"),
        ("sources:\n", "sources: [x, y]\n"),
        ("", "sources: [x, y]\n"),
        ("sources: ['one']\n", "sources: ['one', x, y]\n"),
    ],
)
def test_names_stand_behind_the_others(before: str, after: str) -> None:
    assert add_source_names(REST.format(before), ["x", "y"]) == REST.format(after)


def test_many_names_stand_on_lines() -> None:
    names = [f"a-long-name-of-a-source-{n}" for n in range(700)]
    text = add_source_names(REST.format("sources: [one]\n"), names)
    assert yaml.safe_load(text)["sources"] == ["one", *names]
    assert max(map(len, text.splitlines())) < 130


def test_no_names_change_nothing() -> None:
    assert add_source_names("sources: [a]", []) == "sources: [a]"
    assert add_source_names("- a", ["x"]) == "- a"
