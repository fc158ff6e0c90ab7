"""A request that says nothing, or not what the definition asks for, is refused at the door."""

import pytest

from portal.workflows.editor.page import starter
from tenants.errors import Invalid
from tests.lanes import Lane
from tests.world import DEFINITION, REQUEST
from workflows.definitions import inputs
from workflows.definitions.problems import DefinitionError
from workflows.models import Run
from workflows.services.runs import start_run

SHAPE = """input:
  type: object
  required: [message, order_id]
  properties: {message: {type: string, minLength: 1}, order_id: {type: string}}
steps:"""


@pytest.mark.parametrize(
    "given", [{}, {"message": " \u200b"}, {"other": " "}, {"message": None, "other": "x"}]
)
@pytest.mark.parametrize("trigger", ["api", "person"])
def test_an_empty_request_starts_nothing(
    lane: Lane, given: dict[str, object], trigger: str
) -> None:
    with pytest.raises(Invalid, match="This request is empty: it needs message") as refused:
        start_run(lane.workflow, input=given, trigger=trigger, actor=lane.client.actor())
    assert refused.value.code == "unfit_input"
    assert not Run.objects.exists()


def test_a_request_that_does_not_fit_the_declared_shape_says_where(lane: Lane) -> None:
    shaped = DEFINITION.replace("refund-replies", "shaped").replace("steps:", SHAPE, 1)
    workflow = lane.use(shaped)
    actor = lane.client.actor()
    with pytest.raises(Invalid, match="order_id"):
        start_run(workflow, input={"message": "x"}, trigger="api", actor=actor)
    with pytest.raises(Invalid, match="message"):
        start_run(workflow, input={"message": "", "order_id": "1"}, trigger="api", actor=actor)
    assert start_run(workflow, input=REQUEST, trigger="api", actor=actor)[1]


@pytest.mark.parametrize("shape", ["input: {type: 5}", "input: {type: string}"])
def test_a_shape_that_is_no_schema_of_an_object_is_a_problem_at_its_line(
    lane: Lane, shape: str
) -> None:
    odd = DEFINITION.replace("refund-replies", "odd").replace("steps:", f"{shape}\nsteps:", 1)
    with pytest.raises(DefinitionError) as error:
        lane.use(odd)
    assert "input" in str(error.value.problems[0].path)


def test_a_definition_that_reads_nothing_takes_an_empty_request() -> None:
    assert inputs.request_problem(None, (), {}) == ""
    assert inputs.request_problem(None, ("a", "b"), {"b": 0}) == ""
    assert inputs.request_problem(None, ("a", "b"), {"b": []}) == ""
    assert inputs.request_problem(None, ("a", "b"), {"c": 1}) == ""
    assert (
        inputs.request_problem(None, ("a", "b"), {"b": ""})
        == "This request is empty: it needs a or b."
    )


@pytest.mark.parametrize("nothing", ["", " \n", "\u200b", [""], {"text": " "}, [[], {}], None])
def test_a_request_whose_fields_hold_nothing_is_empty(nothing: object) -> None:
    said = "This request is empty: it needs message."
    assert inputs.request_problem(None, ("message",), {"message": nothing}) == said
    shape = {"type": "object", "required": ["message"]}
    assert inputs.request_problem(shape, ("message",), {"message": nothing}) == said


@pytest.mark.parametrize("given", [{"a": "", "b": "x"}, {"a": 0, "b": ""}, {"a": [False], "b": ""}])
def test_a_request_that_says_something_in_one_required_field_is_none(
    given: dict[str, object],
) -> None:
    assert (
        inputs.request_problem({"type": "object", "required": ["a", "b"]}, ("a", "b"), given) == ""
    )


def test_what_the_editor_begins_with_gives_a_draft_without_a_model_service(lane: Lane) -> None:
    lane.use(starter())
    lane.start(message="damaged items refunded in full")
    said = lane.item().draft["text"]
    assert "Thank you for your message." in said
    assert "Damaged items are refunded in full" in said


def test_the_fields_a_definition_reads_are_asked_for_in_its_order() -> None:
    assert inputs.request_fields(DEFINITION) == ["message", "order_id", "from", "subject"]
    assert inputs.request_fields("a: \"input['odd name'] + inputs.no + input.yes\"") == [
        "odd name",
        "yes",
    ]
