"""Each model and tool fails in turn, and what follows is compared with what is declared."""

import pytest

from approvals.models import Tool
from tenants.ids import uuid7
from tenants.models import Tenant
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition
from workflows.drill.rows import DrillRow, RowStatus
from workflows.drill.runner import drill_target, drill_targets
from workflows.engine.calls import fallbacks
from workflows.models import Version

OTHER = "openai/other"


def drilled(lane: Lane) -> list[DrillRow]:
    version = Version.objects.get(pk=lane.workflow.live_id)
    return [row for target in drill_targets(version) for row in drill_target(version, target)]


def told(rows: list[DrillRow]) -> list[tuple[str, str, str, str]]:
    return [(row.what, row.declared, row.happened, row.status.value) for row in rows]


def test_where_nothing_is_declared_a_person_is_told(lane: Lane) -> None:
    rows = drilled(lane)
    nothing = "nothing is declared: the run stops and a person is told"
    assert told(rows)[:2] == [
        (
            "The model offline/extractive can’t be reached",
            "Nothing is declared: after 3 tries the run stops and a person is told.",
            "Tried 3 times, then a person was asked.",
            "undeclared",
        ),
        (
            "The model offline/extractive says no",
            f"{nothing[0].upper()}{nothing[1:]}.",
            "Tried once, then a person was asked.",
            "undeclared",
        ),
    ]
    assert [(row.name, row.way, row.status.value) for row in rows[4:]] == [
        ("shop.refund", "unreachable", "undeclared"),
        ("shop.refund", "refused", "undeclared"),
        ("shop.refund", "doubt", "always"),
        ("mail.send", "unreachable", "undeclared"),
        ("mail.send", "refused", "undeclared"),
        ("mail.send", "doubt", "always"),
    ]


WRITTEN = REPLY.replace(
    "    needs: [facts]\n",
    f"""    needs: [facts]
    retry: {{attempts: 2}}
    on_failure:
      - {{model: {OTHER}}}
      - {{value: {{text: "We will be in touch."}}}}
""",
)


def test_each_fallback_of_a_model_is_shown_in_turn(lane: Lane) -> None:
    lane.use(definition(WRITTEN + SEND, model="openai/first"))
    rows = [row for row in drilled(lane) if row.step == "reply"]
    assert told(rows) == [
        (
            "The model openai/first can’t be reached",
            f"After 2 tries: the model {OTHER} is asked the same.",
            f"Tried 2 times, then {OTHER} answered.",
            "shown",
        ),
        (
            f"The model openai/first can’t be reached, nor can {OTHER}",
            "After 2 tries: it goes on with a fixed value.",
            "Tried 2 times, then it went on with the fixed value.",
            "shown",
        ),
        (
            "The model openai/first says no",
            f"The model {OTHER} is asked the same.",
            f"Tried once, then {OTHER} answered.",
            "shown",
        ),
        (
            "The model openai/first does not answer in time",
            f"After 2 tries: the model {OTHER} is asked the same.",
            f"Tried 2 times, then {OTHER} answered.",
            "shown",
        ),
        (
            "The model openai/first gives an answer that does not fit its schema",
            f"After 2 tries: the model {OTHER} is asked the same.",
            f"Tried 2 times, then {OTHER} answered.",
            "shown",
        ),
    ]


def test_a_tool_is_replaced_by_the_declared_one(lane: Lane) -> None:
    """The other tool is proposed, accepted and answered; then it fails too."""
    copy = Tool.objects.get(name="mail.send")
    copy.pk, copy.name, copy._state.adding = uuid7(), "mail.other", True
    copy.save()
    lane.use(
        definition(
            REPLY
            + SEND.replace(
                "    act:", "    on_failure: [{tool: mail.other}, {person: owner}]\n    act:"
            )
        )
    )
    rows = [row for row in drilled(lane) if row.step == "send"]
    assert [(row.what, row.happened, row.status.value) for row in rows] == [
        (
            "E-mail (mail.send) can’t be reached",
            "Tried 3 times, then mail.other was proposed instead, and did it.",
            "shown",
        ),
        (
            "E-mail (mail.send) can’t be reached, nor can mail.other",
            "Tried 3 times, then a person was asked.",
            "shown",
        ),
        (
            "E-mail (mail.send) says no",
            "Tried once, then mail.other was proposed instead, and did it.",
            "shown",
        ),
        ("E-mail (mail.send) breaks off after it was sent", DOUBT_TRIED, "always"),
    ]


DOUBT_TRIED = "Tried once, then a person was asked."


def test_what_is_not_called_says_why(lane: Lane) -> None:
    lane.use(definition(REPLY + SEND.replace("    act:", '    if: "false"\n    act:')))
    [row] = [row for row in drilled(lane) if row.step == "send"]
    assert row.status is RowStatus.NOT_REACHED
    assert row.happened == "It was not called. Its condition did not hold: false"


def test_the_journal_of_a_finished_run_is_played_on(lane: Lane) -> None:
    assert all(row.is_sample for row in drilled(lane))
    lane.start()
    lane.decide()
    assert not any(row.is_sample for row in drilled(lane))


def test_a_fallback_that_does_not_happen_is_missing(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the engine passed the declared model over."""
    lane.use(definition(WRITTEN + SEND, model="openai/first"))
    monkeypatch.setattr(fallbacks, "use_next", lambda *args, **more: (False, None))
    rows = [row for row in drilled(lane) if row.step == "reply"]
    assert [row.status for row in rows] == [RowStatus.MISSING] * 4
    assert rows[0].happened == "Tried 2 times, then a person was asked."


def test_a_model_outside_the_clients_bounds_is_missing(lane: Lane) -> None:
    lane.use(definition(WRITTEN + SEND, model="openai/first"))
    Tenant.objects.filter(pk=lane.tenant().pk).update(model_names=["openai/first"])
    rows = [row for row in drilled(lane) if row.step == "reply"]
    assert [row.status.value for row in rows] == ["missing"] * 4
    assert rows[0].happened == "Tried 2 times, then it went on with the fixed value."
