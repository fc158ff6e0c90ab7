"""Questions of a server as forms: what is shown, what may be answered, what nobody is asked."""

from typing import Any

import pytest

from tenants.errors import Invalid
from workflows.exceptions.causes import Cause
from workflows.mcp.questions import asked_question, declined, questions_in, read_answers
from workflows.tools import ToolFailed

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["why", "sure"],
    "properties": {
        "why": {"type": "string", "title": "Why?", "maxLength": 20},
        "mail": {"type": "string", "format": "email", "description": "Yours."},
        "sure": {"type": "boolean", "default": True},
        "times": {"type": "integer", "minimum": 1},
        "share": {"type": "number"},
        "way": {"type": "string", "enum": ["a", "b"], "enumNames": ["By air", "By boat"]},
        "colour": {"oneOf": [{"const": "r", "title": "Red"}], "type": "string"},
        "days": {"type": "array", "items": {"type": "string", "enum": ["mo", "tu"]}},
    },
}


def form(**more: Any) -> dict[str, Any]:
    params = {"message": "Sure?", "requestedSchema": SCHEMA} | more
    return {"method": "elicitation/create", "params": params}


def asked(**requests: Any) -> dict[str, Any]:
    return {"resultType": "input_required", "inputRequests": requests, "requestState": "s" * 9}


def test_a_form_is_kept_with_its_state_untouched() -> None:
    raised = asked_question(asked(q1=form()), "shop")
    assert raised.state == "s" * 9
    assert str(raised) == "shop asks something before it goes on."
    (question,) = questions_in(raised.questions)
    assert question.message == "Sure?"
    assert [(one.label, one.kind, one.is_required) for one in question.fields] == [
        ("Why?", "string", True),
        ("mail", "string", False),
        ("sure", "boolean", True),
        ("times", "integer", False),
        ("share", "number", False),
        ("way", "choice", False),
        ("colour", "choice", False),
        ("days", "choices", False),
    ]
    assert question.fields[5].options == (("a", "By air"), ("b", "By boat"))
    assert question.fields[2].initial == "True"


CREDENTIALS = ["password", "apiKey", "api_key", "pin", "otp", "Access token", "cardNumber", "CVC"]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_nobody_is_asked_for_a_credential(name: str) -> None:
    fields = [{name: {"type": "string"}}, {"a": {"type": "string", "title": f"Your {name}"}}]
    schemas = [{"type": "object", "properties": properties} for properties in fields]
    for schema in (*schemas, {"type": "object", "required": [name]}):
        with pytest.raises(ToolFailed, match="a password or a key") as refused:
            asked_question(asked(q1=form(requestedSchema=schema)), "shop")
        assert refused.value.cause is Cause.TOOL


@pytest.mark.parametrize(
    "name", ["city", "shipping", "secretary", "opinion", "keyword", "tokenise"]
)
def test_other_fields_are_asked_for(name: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"}}}
    assert asked_question(asked(q1=form(requestedSchema=schema)), "shop").questions


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"method": "sampling/createMessage", "params": {}}, "a model's answer"),
        ({"method": "roots/list"}, "our files"),
        (form(mode="url", url="https://x.example"), "open an address"),
        ({"method": "other/thing"}, "what is not known here"),
        (form(message="x" * 3000), "can't be shown"),
        (
            form(requestedSchema={"type": "object", "properties": {"a": {"type": "object"}}}),
            "can't",
        ),
        (form(requestedSchema={"$ref": "https://evil.example"}), "can't be shown"),
        (
            form(requestedSchema={"required": ["a"], "additionalProperties": False}),
            "can't be shown",
        ),
        (form(requestedSchema={"required": [["a"]]}), "can't be shown"),
        (form(requestedSchema={"properties": {f"f{n}": {} for n in range(30)}}), "can't be shown"),
    ],
)
def test_what_nobody_is_asked_fails_the_call(request_: dict[str, Any], said: str) -> None:
    """G9"""
    with pytest.raises(ToolFailed, match=said) as raised:
        asked_question(asked(q=request_), "shop")
    assert raised.value.cause is Cause.TOOL


@pytest.mark.parametrize(
    ("more", "typed", "wanted"),
    [({}, "A-17", "A-17"), ({"additionalProperties": {"type": "integer"}}, "17", 17)],
)
def test_a_field_that_must_be_filled_in_has_an_input_without_a_shape(
    more: dict[str, Any], typed: str, wanted: Any
) -> None:
    """Else nobody could answer, and the question could only be declined."""
    schema = {"type": "object", "properties": {"why": {}}, "required": ["order"]} | more
    kept = asked_question(asked(q1=form(requestedSchema=schema)), "shop").questions
    (question,) = questions_in(kept)
    assert [(one.label, one.is_required) for one in question.fields] == [
        ("why", False),
        ("order", True),
    ]
    given = {question.fields[1].name: [typed]}
    assert read_answers(kept, given)["q1"]["content"] == {"order": wanted}
    with pytest.raises(Invalid):
        read_answers(kept, {})


def test_too_large_a_state_fails_the_call() -> None:
    with pytest.raises(ToolFailed):
        asked_question(asked(q=form()) | {"requestState": "s" * 70_000}, "shop")


def test_answers_are_read_in_their_kinds_and_checked() -> None:
    kept = asked_question(asked(q1=form()), "shop").questions
    given = {"answer-0-0": ["It broke."], "answer-0-2": ["on"], "answer-0-3": ["2"]}
    given |= {"answer-0-4": [".5"], "answer-0-5": ["a"], "answer-0-7": ["mo", "tu"]}
    content = {"why": "It broke.", "sure": True, "times": 2, "share": 0.5, "way": "a"}
    assert read_answers(kept, given) == {
        "q1": {"action": "accept", "content": content | {"days": ["mo", "tu"]}}
    }
    for wrong in (
        {"answer-0-0": [""]},
        {"answer-0-0": ["x" * 21]},
        {"answer-0-1": ["no address"]},
        {"answer-0-3": ["two"]},
        {"answer-0-3": ["0"]},
        {"answer-0-5": ["c"]},
    ):
        with pytest.raises(Invalid):
            read_answers(kept, given | wrong)


def choice(**shape: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"a": shape}}
    return asked_question(asked(q=form(requestedSchema=schema)), "shop").questions


@pytest.mark.parametrize(
    ("shape", "given", "wanted"),
    [
        ({"type": "integer", "enum": [1, 2]}, "2", 2),
        ({"type": "number", "oneOf": [{"const": 0.5, "title": "Half"}]}, "0.5", 0.5),
        ({"type": "boolean", "enum": [True, False]}, "False", False),
        ({"type": "array", "items": {"type": "integer", "enum": [1, 2]}}, ["1", "2"], [1, 2]),
    ],
)
def test_what_is_chosen_has_the_type_of_its_field(
    shape: dict[str, Any], given: Any, wanted: Any
) -> None:
    found = read_answers(choice(**shape), {"answer-0-0": given})
    assert found["q"]["content"] == {"a": wanted}


@pytest.mark.parametrize("typed", ["nan", "-inf", "1e999", "9" * 61])
@pytest.mark.parametrize("kind", ["number", "integer"])
def test_what_is_no_number_that_json_has_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(Invalid, match="write a number"):
        read_answers(choice(type=kind), {"answer-0-0": typed})


@pytest.mark.parametrize("typed", ["a\x00b", "\ud800"])
def test_a_text_that_can_not_be_kept_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="can't be kept"):
        read_answers(choice(type="string"), {"answer-0-0": typed})


@pytest.mark.parametrize(
    "odd",
    [
        {"requestState": "\x00"},
        {"requestState": "\ud800"},
        {"inputRequests": {"q\x00": form()}},
        {"inputRequests": {"q": form(message="\udfff")}},
        {
            "inputRequests": {
                "q": form(requestedSchema={"properties": {"a": {"default": ["\x00"]}}})
            }
        },
    ],
)
def test_a_question_that_can_not_be_kept_fails_the_call(odd: dict[str, Any]) -> None:
    with pytest.raises(ToolFailed, match="can't be shown"):
        asked_question(asked(q=form()) | odd, "shop")


def test_who_does_not_want_to_answer_says_so_to_each_question() -> None:
    kept = asked_question(asked(a=form(), b=form()), "shop").questions
    assert declined(kept) == {"a": {"action": "decline"}, "b": {"action": "decline"}}
