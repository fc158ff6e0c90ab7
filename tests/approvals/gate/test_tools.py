"""A tool is declared whole or not at all, and its arguments are what its schema names."""

from typing import Any

import pytest

from approvals.gate.tools import add_tool, change_tool, check_args, known_tools, live_tools
from approvals.models import Tool
from approvals.rules.never import Known
from audit.models import Event
from tenants.errors import Conflict, Forbidden, Invalid
from tests.approvals.unsaved import unsaved_tool
from tests.lanes import Lane

SCHEMA = {
    "type": "object",
    "required": ["to"],
    "properties": {
        "to": {"type": "string", "format": "email"},
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"n": {"minimum": 1}}},
        },
    },
}
MAIL = unsaved_tool("mail.send", title="E-mail", args_schema=SCHEMA)
TO = {"to": "mia@customers.example"}


@pytest.mark.parametrize(
    ("args", "field", "rule", "said"),
    [
        ({}, "the arguments", "required", "E-mail: the arguments: 'to' is a required property"),
        (TO | {"x": 1}, "the arguments", "additionalProperties", "'x' was unexpected"),
        (TO | {"lines": [{"n": 1}, {"n": 0}]}, "lines.1.n", "minimum", "E-mail: lines.1.n: 0 is"),
        (TO | {"lines": [{"m": 1}]}, "lines.0", "additionalProperties", "'m' was unexpected"),
        (
            TO | {"code": "a" * 100},
            "code",
            "pattern",
            f"E-mail: code: “{'a' * 80}” is not in the form the tool takes.",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(
    args: dict[str, Any], field: str, rule: str, said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_args(MAIL, args)
    assert refused.value.code == "bad_args"
    assert (refused.value.data["field"], refused.value.data["rule"]) == (field, rule)
    assert said in refused.value.message


def test_the_form_of_an_address_is_checked_where_a_person_typed_it() -> None:
    args = {"to": "no address"}
    check_args(MAIL, args)
    check_args(MAIL, args, typed=["code"])
    with pytest.raises(Invalid, match="is not in the form the tool takes"):
        check_args(MAIL, args, typed=["to"])


def test_an_address_nobody_typed_hides_no_other_fault() -> None:
    # Faults are told in the order of their messages; the address's would come first.
    with pytest.raises(Invalid) as refused:
        check_args(MAIL, {"to": "'", "code": "a", "lines": [{"n": 0}]})
    assert refused.value.data == {"field": "code", "rule": "pattern", "limit": "^[A-Z]+$"}
    with pytest.raises(Invalid) as refused:
        check_args(MAIL, TO | {"lines": [{"n": 0}]})
    assert refused.value.data == {"field": "lines.0.n", "rule": "minimum", "limit": 1}


def test_arguments_that_fit_are_taken() -> None:
    check_args(MAIL, TO | {"code": "ABC", "lines": [{"n": 1}, {}]}, typed=["to", "code", "lines"])


def test_never_rules_know_a_tool_by_its_name_its_kind_and_its_arguments() -> None:
    read = unsaved_tool("shop.orders", kind=None, args_schema={})
    assert known_tools([MAIL, read]) == [
        Known("mail.send", "", frozenset({"to", "code", "lines"})),
        Known("shop.orders", "", frozenset()),
    ]


def _declared(**more: Any) -> dict[str, Any]:
    plain = {"name": "log.write", "title": "Log", "adapter": "mail", "effect": "write"}
    return {**plain, "kind": "send", "args_schema": SCHEMA, **more}


def test_a_declaration_that_says_too_little_or_too_much_is_refused(lane: Lane) -> None:
    actor = lane.world.staff(lane.client)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"effect": "act"}, "effect"),
        ({"kind": None}, "kind"),
        ({"kind": "transfer"}, "kind"),
        ({"effect": "read"}, "kind"),
        ({"args_schema": {"type": "nothing"}}, "schema"),
        ({"args_schema": {"type": "string"}}, "schema"),
        ({"args_schema": SCHEMA | {"additionalProperties": True}}, "schema"),
        ({"phrases": {"button": "Try it"}}, "harmless_words"),
        ({"phrases": {"title": "A dry run"}}, "harmless_words"),
        ({"phrases": {"effect": "it goes to {too}"}}, "bad_phrase"),
        ({"same_as": "args.other"}, "same_as"),
        ({"same_as": "'always'"}, "same_as"),
        ({"same_as": "args.to", "same_days": 0}, "same_as"),
        ({"undo_args": {"to": "args.to"}}, "undo"),
    ]
    for changes, code in wrong:
        with pytest.raises(Invalid) as refused:
            add_tool(actor=actor, **_declared(**changes))
        assert refused.value.code == code, changes
    assert not Tool.objects.filter(name="log.write").exists()


def test_a_tool_is_added_once_by_staff_and_on_the_record(lane: Lane) -> None:
    with pytest.raises(Forbidden):
        add_tool(actor=lane.client.actor(), **_declared())
    actor = lane.world.staff(lane.client)
    tool = add_tool(actor=actor, **_declared(phrases={"title": "Country house"}))
    event = Event.objects.get(verb="tool.added", object_id=tool.pk)
    assert event.after == {"effect": "write", "kind": "send"}
    with pytest.raises(Conflict) as refused:
        add_tool(actor=actor, **_declared())
    assert refused.value.code == "name_taken"
    assert tool in live_tools()
    with pytest.raises(Invalid, match=r"names \{too\}"):
        change_tool(Tool.objects.get(pk=tool.pk), actor=actor, phrases={"undo": "as {too}"})
    # One that was kept before never stands in the way of turning it off.
    Tool.objects.filter(pk=tool.pk).update(phrases={"undo": "as {too}"})
    tool.refresh_from_db()
    change_tool(tool, actor=actor, enabled=False)
    assert tool not in live_tools()


def test_each_change_is_a_new_version_and_a_bad_one_is_none(lane: Lane) -> None:
    actor = lane.world.staff(lane.client)
    tool = add_tool(actor=actor, **_declared())
    with pytest.raises(Forbidden):
        change_tool(tool, actor=lane.client.actor(), title="Mine")
    with pytest.raises(Invalid) as refused:
        change_tool(tool, actor=actor, title="New", version=9, name="other")
    assert (refused.value.code, refused.value.message) == (
        "unknown_field",
        "A tool has no name, version.",
    )
    with pytest.raises(Invalid):
        change_tool(Tool.objects.get(pk=tool.pk), actor=actor, kind="transfer")
    assert Tool.objects.get(pk=tool.pk).version == 1
    assert change_tool(tool, actor=actor, title="New").version == 2
    assert change_tool(tool, actor=actor, title="Newer").version == 3
    event = Event.objects.filter(verb="tool.changed").latest("id")
    assert (event.before, event.after) == ({"title": "New"}, {"title": "Newer"})
