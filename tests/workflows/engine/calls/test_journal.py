"""No call is left under way, whatever befalls it: it was done, it was not, or a person looks."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from approvals.models import Tool
from tenants.services.keys import set_secret
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from workflows import tools


@pytest.fixture
def odd() -> Iterator[SimpleNamespace]:
    """An adapter whose answer is set by the test."""

    def carry_out(request: tools.ToolRequest) -> dict[str, Any]:
        adapter.calls += 1
        if isinstance(adapter.answer, Exception):
            raise adapter.answer
        return dict(adapter.answer)

    adapter = SimpleNamespace(
        NAME="odd",
        calls=0,
        answer={},
        check=lambda *args: None,
        resolve=lambda settings, tenant: settings,
        carry_out=carry_out,
    )
    tools.adapters()["odd"] = adapter
    yield adapter
    del tools.adapters()["odd"]


def refund(lane: Lane, *, key: bool) -> None:
    Tool.objects.filter(name="shop.refund").update(adapter="odd", takes_key=key)
    lane.start()
    lane.decide()
    for _ in range(8):
        lane.pass_time(minutes=5)


ODD = [
    {"a": "\x00"},
    {"a": float("inf")},
    {"a": object()},
    ValueError("x"),
    RuntimeError(),
    OSError(),
]


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("key", [True, False])
def test_an_adapter_that_breaks_leaves_a_doubt_and_never_a_call_under_way(
    lane: Lane, odd: SimpleNamespace, answer: Any, key: bool
) -> None:
    odd.answer = answer
    refund(lane, key=key)
    assert "may or may not have happened" in lane.exception().draft["problem"]
    assert lane.exception().draft["options"] == ["happened", "did_not", "hand"]
    assert lane.statuses() == {"refund": "in_doubt", "send": "cancelled"}
    assert not [call for call in lane.calls("tool") if call.status == "intended"]
    assert key or odd.calls == 1


def test_a_tool_without_an_adapter_is_a_failure_in_words(lane: Lane) -> None:
    Tool.objects.filter(name="shop.refund").update(adapter="odd")
    lane.start()
    assert "has no adapter called odd" in lane.exception().draft["problem"]


def test_a_model_whose_key_can_not_be_read_is_a_failure_in_words(lane: Lane) -> None:
    actor = lane.world.staff(lane.client)
    set_secret(name="openai-api-key", value="sk-1", actor=actor)
    lane.use(definition(REPLY, slug="scripted", model="openai/scripted"))
    with override_settings(SECRET_BOX_KEYS=[Fernet.generate_key()]):
        lane.start()
    assert "was encrypted with a key this server has not" in lane.note("reply")
    assert [call.status for call in lane.calls("model")] == ["failed"]
