"""The verbs of events are a closed list of things that were done."""

import re

import pytest

from audit.models import Event
from audit.verbs import CHOICES, Verb


@pytest.mark.parametrize("verb", list(Verb))
def test_a_verb_names_its_object_and_what_was_done(verb: Verb) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", verb.value)
    assert len(verb.value) <= (Event._meta.get_field("verb").max_length or 0)


def test_a_verb_is_one_and_is_offered_as_it_is_written() -> None:
    assert len({verb.value for verb in Verb}) == len(Verb.__members__) == len(CHOICES)
    assert ("item.accepted", "item.accepted") in CHOICES
