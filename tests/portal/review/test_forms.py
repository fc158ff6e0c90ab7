"""What a form of the review pages says, read as a decision."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.http import QueryDict
from django.utils import timezone

from approvals.decisions.batch_rules import MOST
from approvals.decisions.batches import Picked
from approvals.models import Proposal
from portal.review import forms
from portal.review.forms import read_seconds
from tenants import clock
from tenants.errors import DomainError, Invalid
from tests.approvals.unsaved import unsaved_item, unsaved_proposal, unsaved_tool

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
ID = UUID(int=7)
SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "n": {"type": "integer"}, "body": {"type": "string"}},
}
ARGS = {"to": "mia@c.example", "n": 2, "body": "Hello Mia."}


def posted(*pairs: tuple[str, str]) -> QueryDict:
    found = QueryDict(mutable=True)
    for name, value in pairs:
        found.appendlist(name, value)
    return found


def action(**tool: Any) -> Proposal:
    return unsaved_proposal(unsaved_tool("mail.send", args_schema=SCHEMA, **tool), args=ARGS)


@pytest.mark.parametrize("opened", ["²", "٣", "--5", "9" * 400, ""])
def test_a_page_whose_age_makes_no_sense_has_none(opened: str) -> None:
    assert read_seconds(opened) is None


@pytest.mark.parametrize(
    ("ago", "seconds"), [(-1, None), (0, 0), (90, 90), (86_400, 86_400), (86_401, None)]
)
def test_a_page_was_opened_within_the_last_day(ago: int, seconds: int | None) -> None:
    with clock.at(NOW):
        assert read_seconds(str(int(NOW.timestamp()) - ago)) == seconds


@pytest.mark.parametrize(
    ("given", "until"),
    [
        ((("until", "now"),), None),
        ((("until", "2026-11-18T09:00:00+01:00"),), datetime(2026, 11, 18, 8, tzinfo=UTC)),
        ((("at", "2026-11-18T09:00"),), datetime(2026, 11, 18, 14, tzinfo=UTC)),
        ((("until", ""), ("at", "2026-11-18T09:00Z")), datetime(2026, 11, 18, 9, tzinfo=UTC)),
    ],
)
def test_an_item_is_put_off_until_a_time_of_the_business(
    given: tuple[tuple[str, str], ...], until: datetime | None
) -> None:
    with timezone.override("America/New_York"):
        assert forms.read_until(posted(*given)) == until


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T09:00"])
def test_what_is_no_time_puts_nothing_off(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        forms.read_until(posted(("until", text)))
    assert refused.value.code == "no_time"


def test_items_are_picked_with_the_content_that_was_shown() -> None:
    given = posted(("pick", f"{ID}:abc"), ("pick", f"{ID.hex}:"))
    assert forms.read_picks(given) == [Picked(ID, "abc"), Picked(ID, "")]
    assert forms.read_picks(posted()) == []


def test_what_is_no_item_is_not_picked() -> None:
    for read, name in ((forms.read_picks, "pick"), (forms.read_ids, "item")):
        with pytest.raises(Invalid) as refused:
            read(posted((name, "nonsense")))
        assert refused.value.code == "bad_pick"


def test_so_many_items_are_taken_back_at_most() -> None:
    assert forms.read_ids(posted(*[("item", str(ID))] * (MOST + 1))) == [ID] * MOST


@pytest.mark.parametrize(
    ("rule", "limit", "said"),
    [
        ("maxLength", 40, "At most 40 characters."),
        ("minLength", 1, "Write something here."),
        ("minLength", 2, "At least 2 characters."),
        ("minItems", 1, "Write at least one."),
        ("minItems", 2, "At least 2."),
        ("exclusiveMinimum", 0, "This is too small."),
        ("maximum", 9, "This is too large."),
        ("enum", None, "The tool does not take this."),
    ],
)
def test_a_rule_of_a_tool_is_said_in_words(rule: str, limit: int | None, said: str) -> None:
    assert forms.says(DomainError("x", rule=rule, limit=limit)) == said


def test_an_error_stands_at_its_field() -> None:
    assert forms.refused_fields(None) == {}
    assert forms.refused_fields(Invalid("x", code="bad_fields", fields={"a": "No."})) == {
        "a": "No."
    }
    refused = Invalid("x", code="bad_args", position=1, field="to", rule="maximum")
    assert forms.refused_fields(refused) == {"arg-1-to": "This is too large."}


@pytest.mark.parametrize(
    ("draft", "text"), [({"text": "Hi"}, "Hi"), ({"text": 7}, None), ({}, None)]
)
def test_an_item_has_a_text_or_none(draft: dict[str, Any], text: str | None) -> None:
    assert forms.draft_text(unsaved_item(draft=draft)) == text


def read(*pairs: tuple[str, str], prose: str = "") -> Any:
    item = unsaved_item(draft={"text": "Hello Mia."})
    given = posted(("choice", "correct"), *pairs)
    return forms.read_choice(item, [action(prose_arg=prose)], given, locale="en_US")


def test_only_what_differs_is_an_edit() -> None:
    same = read(("draft", "Hello Mia."), ("arg-0-to", ARGS["to"]), ("arg-0-n", "2"))
    assert (same.draft, same.args) == (None, {})
    edited = read(("arg-0-to", "eve@d.example"), ("arg-0-n", "3"))
    assert (edited.draft, edited.args) == (None, {0: {"to": "eve@d.example", "n": 3}})


def test_an_edited_text_is_the_prose_of_the_action_that_sends_it() -> None:
    assert read(("draft", "Dear Mia."), prose="body").args == {0: {"body": "Dear Mia."}}
    assert read(("draft", "Dear Mia.")).args == {}


def test_a_text_that_is_empty_or_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid) as empty:
        read(("draft", "  "))
    assert empty.value.code == "no_text"
    with pytest.raises(Invalid) as odd:
        read(("arg-0-n", "many"))
    assert (odd.value.code, list(odd.value.data["fields"])) == ("bad_fields", ["arg-0-n"])


def test_an_edit_is_read_only_where_one_is_chosen() -> None:
    item, given = unsaved_item(draft={"text": "Hello Mia."}), posted(("draft", "Other"))
    found = forms.read_choice(item, [], given, locale="en_US")
    assert (found.choice, found.draft, found.args, found.given) == ("", None, {}, {})


def test_a_value_and_a_person_are_given_only_to_resolve() -> None:
    given = (("value", "{}"), ("to", "somebody"), ("words", " why "))
    item = unsaved_item(draft={})
    for choice, kept in (("resolve", {"value": "{}", "to": "somebody"}), ("accept", {})):
        asked = posted(("choice", choice), *given)
        found = forms.read_choice(item, [], asked, locale="en_US")
        assert (found.given, found.words) == (kept, "why")


def test_a_field_keeps_what_was_typed_and_says_what_was_wrong() -> None:
    item = unsaved_item(draft={"text": "Hello Mia."})
    error = Invalid("x", code="bad_fields", fields={"arg-0-n": "No."})
    typed = posted(("arg-0-n", "many"))
    [(_, found)] = forms.fields(item, [action()], typed, error, locale="en_US")
    shown = {field.key: (field.value, field.error) for field in found}
    assert shown["arg-0-n"] == ("many", "No.")
    assert shown["arg-0-to"] == ("mia@c.example", "")


def test_the_text_itself_is_no_field_of_the_action_that_sends_it() -> None:
    item = unsaved_item(draft={"text": "Hello Mia."})
    [(_, found)] = forms.fields(item, [action(prose_arg="body")], locale="en_US")
    assert [field.key for field in found] == ["arg-0-to", "arg-0-n"]
