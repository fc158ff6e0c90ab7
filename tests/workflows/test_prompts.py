"""Templates of prompts: what fills in, and what is said of a broken one."""

from typing import Any

import pytest

from tenants.errors import Invalid
from workflows import prompts

DATA: dict[str, Any] = {
    "input": {
        "message": "a b\n" * 16_000,
        "many": list(range(30_000)),
        "subject": "Lamp",
        "order": {"items": ["lamp", "bulb"], "id": "1"},
        "lines": [{"sku": "A", "count": 1}, {"sku": "B", "count": 2}],
    }
}


@pytest.mark.parametrize(
    "source",
    [
        "{{ 1 / 0 }}",
        "{{ 1 is divisibleby(0) }}",
        "{{ 1 + 'a' }}",
        "{{ input.nothing }}",
        "{{ input.subject.x.y }}",
        "{{ 1.5 ** 99999 }}",
        "{{ '%d' % 'a' }}",
        "{{ input.lines|groupby('nothing') }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ '\\x00' }}",
        "{{ '\\ud800' }}",
    ],
)
def test_whatever_a_template_raises_is_said_in_words(source: str) -> None:
    """G8"""
    with pytest.raises(Invalid, match="The template"):
        prompts.render(source, DATA)


@pytest.mark.parametrize(
    "source", ["{{", "{% nope %}", "{{ a|nope }}", "{{ a is nope }}", "{{ (" * 400]
)
def test_a_broken_template_is_found_when_it_is_saved(source: str) -> None:
    assert prompts.template_problem(source).startswith("The template")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ input.subject|upper }}: {{ input.order.items|join(', ') }}", "LAMP: lamp, bulb"),
        (
            "{% for l in input.lines %}{{ loop.index }}. {{ l.sku }}"
            "{% if not loop.last %}; {% endif %}{% endfor %}",
            "1. A; 2. B",
        ),
        ("{% for a, b in [(1, 2), (3, 4)] %}{{ a + b }} {% endfor %}", "3 7 "),
        ("{% set ns = namespace(n=0) %}{% for l in input.lines %}{% set ns.n = ns.n + l.count %}"
         "{% endfor %}{{ ns.n }}", "3"),
        ("{{ input.lines|map(attribute='sku')|join('+') }}", "A+B"),
        ("{{ input.lines|selectattr('count', 'gt', 1)|list|length }}", "1"),
        ("{{ input.lines|sum(attribute='count') }}", "3"),
        ("{{ input.nothing|default('none') }}", "none"),
        ("{{ '%.2f'|format(4.5) }} {{ '%s' % 'a' }} {{ 'a' ~ 1 }}", "4.50 a a1"),
        ("{{ input.subject.replace('L', 'l').upper().split('A')[1] }}", "MP"),
        ("{{ input.order|tojson }}", '{"id": "1", "items": ["lamp", "bulb"]}'),
        ("{{ input.message|truncate(9)|length < 10 }} {{ input.message|wordcount }}", "True 32000"),
        ("{{ input.message|replace('\n', ' ')|length }}", "64000"),
        ("{{ 'yes' if input.subject in ['Lamp'] else 'no' }}", "yes"),
    ],
)  # fmt: skip
def test_what_prompts_are_made_of_is_let_through(source: str, said: str) -> None:
    assert prompts.template_problem(source) == ""
    assert prompts.render(source, DATA) == said
