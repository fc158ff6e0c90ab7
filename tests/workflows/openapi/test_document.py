"""Texts that are an OpenAPI document, and those that are refused before anything is built."""

import json
from dataclasses import replace

import pytest
import yaml

from tenants.errors import Invalid
from tests.workflows.openapi.shop_document import SHOP
from workflows.openapi.document import SMALL, read_document
from workflows.openapi.problems import DocumentError

HEAD = "openapi: 3.0.3\ninfo: {title: T}\n"


def refused(text: str) -> tuple[str, str]:
    with pytest.raises(DocumentError) as error:
        read_document(text)
    return error.value.problem.code, error.value.problem.sentence()


def test_json_and_yaml_say_the_same() -> None:
    found = read_document(yaml.safe_dump(SHOP))
    assert found == read_document("\ufeff " + json.dumps(SHOP))
    assert (found.title, found.is_old) == ("Sample shop", False)


def test_yaml_has_the_plain_words_of_json_alone() -> None:
    text = f"{HEAD}x: [2020-01-01, yes, 12:30, 0777, 1.5, true, ~, 7]\n200: {{true: a}}"
    found = read_document(text).value
    assert found["x"] == ["2020-01-01", "yes", "12:30", "0777", 1.5, True, None, 7]
    assert found["200"] == {"true": "a"}
    assert read_document("{openapi: 3.0.1, info: {title: flow}}").title == "flow"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_openapi"),
        ("[]", "not_openapi"),
        ("hello", "not_openapi"),
        ('{"info": {}}', "not_openapi"),
        ('{"swagger": "2.0"}', "unsupported_version"),
        ('{"openapi": "3.2.0"}', "unsupported_version"),
        ('{"openapi": 3}', "unsupported_version"),
        ('{"openapi": "3.0.0", "a": NaN}', "not_readable"),
        ('{"openapi": "3.0.0", "a": "\\u0000"}', "not_readable"),
        ('{"openapi": "3.0.0", "\\ud800": 1}', "not_readable"),
        ('{"openapi": ', "not_readable"),
        ("a: [", "not_readable"),
        ("a: &x [1]\nb: *x", "not_readable"),
        ("? [a]\n: b", "not_readable"),
        ("a: !!python/object:os.system x", "not_readable"),
        ("a: " + "9" * 5000, "not_readable"),
        ('{"a": ' + "9" * 5000 + "}", "not_readable"),
        ('{"a":' * 80 + "1" + "}" * 80, "too_deep"),
        ('{"a":' * 100_000, "not_readable"),
        ("[" * 100_000, "not_readable"),
        ("- " * 100_000, "not_readable"),
        ("x" * (SMALL.characters + 1), "too_large"),
        ('{"openapi": "3.0.0", "a": [' + "1," * 200_000 + "1]}", "too_large"),
        ("[" + "1," * 200_000 + "1]", "not_readable"),
    ],
)
def test_any_other_text_is_refused_in_a_sentence(text: str, code: str) -> None:
    found, sentence = refused(text)
    assert (found, len(sentence) < 400) == (code, True), sentence


def test_an_unreadable_text_says_the_line() -> None:
    assert "line 2, column 3" in refused('{"openapi":\n  ,}')[1]
    assert "line 2, column 5" in refused("a: 1\nb: [}")[1]


def test_the_same_schema_is_counted_once_and_too_many_are_refused() -> None:
    found = read_document(json.dumps(SHOP), replace(SMALL, checked=50))
    for _ in range(9):
        found.check_schema({"type": "string"}, "#/a")
    with pytest.raises(Invalid):
        found.check_schema({"type": "strange"}, "#/a")
    with pytest.raises(DocumentError, match="too large"):
        found.check_schema({"type": "integer"}, "#/b")
