"""The object in a model's text: out of its wrappings, never out of the middle of another."""

import json
import time

import pytest

from workflows.gateway.json_text import NoObject, parse_object, read_object

OBJECT = '{"text": "Use {braces} and \\"quotes\\".", "n": {"deep": [1, 2.5]}}'
VALUE = {"text": 'Use {braces} and "quotes".', "n": {"deep": [1, 2.5]}}


@pytest.mark.parametrize(
    "around",
    [
        "%s",
        "\ufeff%s",
        "\u200b\n%s\n",
        "```json\n%s\n```",
        "```\n%s\n```",
        "```JSON5\n%s```",
        "~~~\n%s\n~~~",
        "Here is the answer:\n\n%s",
        "%s\n\nLet me know!",
        "Sure! In {curly} form, {} as asked:\n```json\n%s\n```\nIs {that} right?",
        'He said "yes": %s',
        '<think>Perhaps {"text": "a draft"}</think>\n%s',
    ],
)
def test_an_object_is_read_out_of_what_stands_around_it(around: str) -> None:
    assert read_object(around % OBJECT) == VALUE


def test_an_object_that_was_written_as_json_twice_is_read() -> None:
    assert read_object(json.dumps(OBJECT)) == VALUE


def test_a_text_that_holds_a_fence_is_left_alone() -> None:
    text = 'Use:\n```json\n{"text": "no"}\n```\nDone.'
    assert read_object(json.dumps({"text": text})) == {"text": text}
    assert read_object(f"Here:\n```json\n{json.dumps({'text': text})}\n```") == {"text": text}


def test_line_ends_may_stand_in_a_text_as_they_are() -> None:
    assert read_object('{"text": "one\n\ttwo"}') == {"text": "one\n\ttwo"}


@pytest.mark.parametrize(
    "cut",
    [
        '{"items": [{"text": "a"}, {"te',
        'Here: {"outer": {"text": "inner"}, "more": "cut',
        '{"outer": {"text": "inner"}',
        '<think>It was {"text": "a draft"}',
    ],
)
def test_what_stands_inside_an_object_that_breaks_off_is_not_the_answer(cut: str) -> None:
    with pytest.raises(NoObject, match="did not answer with JSON"):
        read_object(cut)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "did not answer with JSON"),
        ("[1]", "did not answer with JSON"),
        ('"text"', "did not answer with JSON"),
        ("null", "did not answer with JSON"),
        ("Sure!", "did not answer with JSON"),
        ('{"a": 1e999}', "holds 1e999"),
        ('{"a": {"b": 1}, "c": -1e999}', "holds -1e999"),
        ('```\n{"a": 1e999, "in": {"text": "x"}}\n```', "holds 1e999"),
        ('{"a": NaN}', "holds NaN"),
        ('{"a": [-Infinity]}', "holds -Infinity"),
        ('{"a": %s}' % ("9" * 5000), "holds 99999999999999999999…"),
        ('{"text": "a", "text": "b"}', "gives text twice"),
        ('{"a": "\\u0000"}', "NUL"),
        ('{"a": "\\ud800"}', "half a character"),
        ('{"a": ' + "[" * 200 + "1" + "]" * 200 + "}", "nested too deep"),
    ],
)
def test_what_can_not_be_read_or_kept_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(NoObject, match=said):
        read_object(text)


def test_a_name_that_is_given_twice_with_one_value_is_no_doubt() -> None:
    assert read_object('{"text": "a", "text": "a"}') == {"text": "a"}


@pytest.mark.parametrize(
    "part", ["{", '{"', '{"a":', '{"a":[', "{ ", '{"\\', "}{", "```{", '{"a": {"b": 1}, x} ']
)
def test_reading_takes_time_in_proportion_to_the_text(part: str) -> None:
    def seconds(size: int) -> float:
        began = time.perf_counter()
        with pytest.raises(NoObject):
            read_object("Words " + part * (size // len(part)))
        return time.perf_counter() - began

    seconds(1000)
    small = min(seconds(100_000) for _ in range(3))
    assert min(seconds(800_000) for _ in range(3)) < max(small * 30, 0.2)


def test_an_object_with_nothing_around_it_is_parsed_alone() -> None:
    assert parse_object(f" {OBJECT}\n") == VALUE
    assert parse_object(json.dumps(OBJECT)) == VALUE
    for text in (f"Here: {OBJECT}", f"{OBJECT}{OBJECT}", "[1]", "", "null"):
        with pytest.raises(NoObject):
            parse_object(text)
