"""Templates are parsed so that whatever may grow is counted, and what can't be is refused."""

import pytest
from jinja2 import Environment, TemplateAssertionError, nodes

from workflows.template_parsing import BUILT, EACH, JOINED, add_counting


def counted(source: str) -> list[tuple[str, str]]:
    """The filters that count, in the order of the tree, each with the kind of what it wraps."""
    tree = Environment().parse(source)
    add_counting(tree)
    found = tree.find_all(nodes.Filter)
    return [(one.name, type(one.node).__name__) for one in found if one.name in COUNTING]


COUNTING = (EACH, JOINED, BUILT)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{ a }}", []),
        ("{{ a|upper }}", []),
        ("{% for a in l %}{% endfor %}", [(EACH, "Name")]),
        ("{% for a, b in l %}{% endfor %}", [(EACH, "Name")]),
        ("{% for a in [1] %}{% endfor %}", [(EACH, "Filter"), (BUILT, "List")]),
        ("{{ a ~ b }}", [(JOINED, "List")]),
        ("{{ [a] }}", [(BUILT, "List")]),
        ("{{ {'a': 1} }}", [(BUILT, "Dict")]),
        ("{{ (a, b) }}", [(BUILT, "Tuple")]),
        ("{{ [[a]] }}", [(BUILT, "List"), (BUILT, "List")]),
        ("{% set a, b = l %}", []),
    ],
)
def test_what_may_grow_is_wrapped_in_a_filter_that_counts(
    source: str, found: list[tuple[str, str]]
) -> None:
    assert counted(source) == found


def test_a_round_counts_the_text_written_in_it_also_by_loops_inside() -> None:
    tree = Environment().parse("ab{% for a in l %}cde{% for b in m %}fg{% endfor %}{% endfor %}")
    add_counting(tree)
    written = [one.args[0] for one in tree.find_all(nodes.Filter) if one.name == EACH]
    assert [one.value for one in written if isinstance(one, nodes.Const)] == [5, 2]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% macro a() %}{% endmacro %}", "There are no macros here"),
        ("{% call a() %}{% endcall %}", "There are no macros here"),
        ("{% block a %}{% endblock %}", "There are no blocks here"),
        ("{% extends 'a' %}", "There are no other templates here"),
        ("{% include 'a' %}", "There are no other templates here"),
        ("{% import 'a' as b %}", "There are no other templates here"),
        ("{% from 'a' import b %}", "There are no other templates here"),
        ("{% for a in l recursive %}{% endfor %}", "A loop can't be recursive here"),
        ("{% if a %}{% for b in l %}{% macro c() %}{% endmacro %}{% endfor %}{% endif %}",
         "There are no macros here"),
    ],
)  # fmt: skip
def test_what_can_not_be_counted_is_refused_wherever_it_stands(source: str, said: str) -> None:
    with pytest.raises(TemplateAssertionError, match=said):
        counted(source)
