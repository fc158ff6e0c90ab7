"""Sentences of the record: one for each verb, with what was and what is."""

import pytest

from audit.verbs import Verb
from portal.record.sentences import FAMILIES, PHRASES, event_sentence


def test_every_verb_has_a_sentence_and_a_family() -> None:
    assert set(PHRASES) == set(Verb)
    assert {verb.value.split(".")[0] for verb in Verb} == set(FAMILIES)


def test_a_change_says_what_was_and_what_is() -> None:
    said = event_sentence("tenant.changed", "Harbor", {"rung": "read_only"}, {"rung": "draft_only"})
    assert said == "changed the settings of Harbor: rung from read only to draft only"


def test_a_label_with_braces_is_only_text() -> None:
    assert event_sentence("effect.done", "{role} {0.__class__}", None, None) == (
        "carried out {role} {0.__class__}"
    )


@pytest.mark.parametrize(
    ("verb", "label", "before", "after", "said"),
    [
        ("tenant.stopped", "", None, None, "stopped everything"),
        ("key.made", "", None, None, "made the API key something"),
        ("person.invited", "mia@c.example", None, {"role": "client_owner"},
         "invited mia@c.example as client owner"),
        ("person.invited", "mia@c.example", None, {}, "invited mia@c.example as …"),
        ("person.role_changed", "Mia", {"role": "viewer"}, {"role": "approver"},
         "changed the role of Mia from viewer to approver"),
        ("grant.taken", "Refunds", {"to": "Mia"}, None, "no longer lets Mia decide in Refunds"),
        ("effect.done", "Refund", None, {"object": "other"}, "carried out Refund"),
    ],
)  # fmt: skip
def test_an_event_is_said_with_what_it_holds(
    verb: str, label: str, before: dict | None, after: dict | None, said: str
) -> None:
    assert event_sentence(verb, label, before, after) == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({}, {"at_once": 7}, ": at once from nothing to 7"),
        ({"a": "x"}, {"a": ""}, ": a from x to nothing"),
        ({"a": True}, {"a": False}, ": a from yes to no"),
        ({"a": []}, {"a": ["x_y", None]}, ": a from nothing to x y, nothing"),
        ({"a": {}}, {"a": {"b": 1}}, ": a from other settings to other settings"),
        ({"a": 1, "b": 2}, {"a": 2, "b": 3}, ": a from 1 to 2; b from 2 to 3"),
    ],
)
def test_values_that_changed_are_said_plainly(before: dict, after: dict, said: str) -> None:
    assert event_sentence("source.changed", "S", before, after) == f"changed the source S{said}"
