"""A template can take neither time nor memory without end, whatever is written in it."""

import time
from typing import Any

import pytest

from tenants.errors import Invalid
from workflows import prompts, template_limits

DATA: dict[str, Any] = {
    "input": {
        "message": "a b\n" * 16_000,
        "many": list(range(30_000)),
        "subject": "Lamp",
        "order": {"items": ["lamp", "bulb"], "id": "1"},
        "lines": [{"sku": "A", "count": 1}, {"sku": "B", "count": 2}],
    }
}
TWICE = "{{% set a = {start} %}}" + "{{% set a = {twice} %}}" * 60 + "{{{{ a }}}}"
TOO_MUCH = [
    "{{ '%02000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%01000d'|format(1) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ 9**(9**9) }}",
    "{{ 'a' * 10**9 }}",
    "{{ [1] * 10**9 }}",
    "{{ 'a'|center(10**9) }}",
    "{{ 'a'.center(10**9) }}",
    "{{ 'a'.ljust(10**9) }}",
    "{{ '\\t'.expandtabs(10**9) }}",
    "{{ 'a'.encode().zfill(10**9) }}",
    "{{ (1).to_bytes(10**9, 'big') }}",
    "{{ input.message|indent(10**9) }}",
    "{{ input.message|indent(input.message) }}",
    "{{ input.message|replace('a', input.message) }}",
    "{{ input.message.replace('a', input.message) }}",
    "{{ input.many|join(input.message) }}",
    "{{ input.message.join(['a'] * 1000) }}",
    "{{ input.many|slice(99999)|list }}",
    "{{ 5|round(-1000000000) }}",
    "{{ ([[1]] * 50000)|sum(start=[]) }}",
    "{{ range(10**9)|list }}",
    "{{ lipsum(10**9) }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% set l = input.many %}{% for a in l %}{% for b in l %}{% endfor %}{% endfor %}",
    "{% for a in range(5000) %}" + "x" * 1000 + "{% endfor %}",
    "{% for a in range(99999) %}{% if input.message in input.message|upper %}{% endif %}"
    "{% endfor %}",
    "{% for a in input.many recursive %}{{ loop(input.many) }}{% endfor %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
    TWICE.format(start="'aaaaaaaa'", twice="a ~ a"),
    TWICE.format(start="[1]", twice="[a, a]"),
    TWICE.format(start="(1,)", twice="(a, a)"),
    TWICE.format(start="{'x': 1}", twice="{'x': a, 'y': a}"),
    TWICE.format(start="dict(x=1)", twice="dict(x=a, y=a)"),
    "{% set a %}xx{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60 + "{{ a }}",
    "{% set a = 2 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ 1" + "+1" * 3000 + " }}",
    "{% if true %}" * 500 + "{% endif %}" * 500,
    "{{ a }}" * 5000,
]


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "x"])
def test_a_long_text_is_not_wrapped(blank: str) -> None:
    """G8. Wrapping a run of blanks takes the square of its length."""
    with pytest.raises(Invalid, match="wraps a text of more than 30,000 characters"):
        prompts.render("{{ a|wordwrap(2) }}", {"a": blank * 200_000})
    began = time.thread_time()
    prompts.render("{{ a|wordwrap(2) }}", {"a": blank * 20_000})
    assert time.thread_time() - began < 1


@pytest.mark.parametrize("source", TOO_MUCH)
def test_a_template_that_takes_too_much_is_refused_in_words(source: str) -> None:
    """G8"""
    began = time.thread_time()
    prompts.template_problem(source)
    with pytest.raises(Invalid) as refused:
        prompts.render(source, DATA)
    assert time.thread_time() - began < 4
    assert len(refused.value.message) < 400


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("", 4),
        ("abc", 7),
        (b"abc", 7),
        (None, 4),
        (0, 4),
        (2**30, 14),
        ([], 4),
        (["a", "b"], 14),
        ({"a": "bc"}, 15),
        (range(10), 44),
        (iter("abc"), 4),
    ],
)
def test_the_size_of_a_value_is_about_its_text(value: Any, size: int) -> None:
    assert template_limits.size(value) == size


def test_counting_ends_once_a_value_is_too_large() -> None:
    began = time.thread_time()
    assert template_limits.size([["x" * 1000] * 1000] * 1000) > template_limits.LARGEST
    assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("fits", "over", "said"),
    [
        ("{{ 'a'|center(100000) }}", "{{ 'a'|center(100001) }}", "a number over 100,000"),
        ("{{ '%999d' % 1 }}", "{{ '%1000d' % 1 }}", "wider than 999 characters"),
        ("{{ (2 ** 4096) > 1 }}", "{{ (2 ** 4097) > 1 }}", "too large a number"),
        ("{{ 'x' * 150000 }}{{ 'x' * 150000 }}", "{{ 'x' * 150000 }}{{ 'x' * 150001 }}",
         "writes more than 300,000 characters"),
    ],
)  # fmt: skip
def test_a_template_works_up_to_a_limit_and_not_beyond(fits: str, over: str, said: str) -> None:
    assert prompts.render(fits, {})
    with pytest.raises(Invalid, match=said):
        prompts.render(over, {})
