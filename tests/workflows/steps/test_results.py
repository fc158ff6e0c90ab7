"""Results of beginning a step: what was worked out stays as it is."""

from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import pytest

from workflows.steps import results
from workflows.steps.results import AskModel

KINDS = [one for one in vars(results).values() if is_dataclass(one)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_can_not_be_changed(kind: Any) -> None:
    made = object.__new__(kind)
    for one in fields(kind):
        with pytest.raises(FrozenInstanceError):
            setattr(made, one.name, None)


def test_a_question_needs_writing_unless_it_says_otherwise() -> None:
    question = AskModel("", "", {})
    assert (question.need, question.sources, question.choice) == ("write", None, None)
