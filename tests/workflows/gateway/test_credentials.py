"""G5: a model's key is in no answer, error, journal, event, item, job, log or mail."""

import json
import logging
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers

from tenants.models import Secret, User
from tenants.services.keys import set_secret
from tenants.text.credentials import INSTEAD, without_credentials
from tests.fakes.model import MODEL, ModelServer
from tests.fakes.said import Called, Reply, Said
from tests.lanes import Lane
from tests.workflows.gateway.peers import DIRECT, TOOLS
from workflows.gateway.credentials import known_credentials
from workflows.models import Call

OURS, THEIRS = "sk-canary-of-the-provider", "sk-canary-of-the-client"
ECHO = f"Incorrect API key provided: {THEIRS} (or {OURS})"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", OURS)


def everything(lane: Lane) -> str:
    """All rows that the client's work wrote, and all mails."""
    rows: list[Any] = []
    for model in apps.get_models():
        if model not in (Secret, User) and model._meta.managed:
            rows += model._default_manager.all()
    text = serializers.serialize("json", rows)
    packed = [call.request | {"response": call.response} for call in Call.objects.all()]
    return text + json.dumps(packed) + json.dumps(lane.post.messages)


@pytest.mark.parametrize(
    "answer",
    [Reply(401, ECHO), Reply(500, ECHO), {"text": ECHO}, f"No JSON: {ECHO}"],
    ids=["401", "500", "answer", "unfit"],
)
def test_what_a_server_repeats_is_kept_nowhere(
    lane: Lane, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    staff = lane.world.staff(lane.client)
    set_secret(name="openai-api-key", value=THEIRS, actor=staff)
    lane.workflow.model = MODEL
    lane.workflow.save()
    with ModelServer([answer]) as model, model.in_environment():
        lane.start()
        for _ in range(6):
            lane.pass_time(seconds=60)
        assert model.requests
    found = everything(lane) + caplog.text
    assert INSTEAD in found
    assert OURS not in found
    assert THEIRS not in found


def test_calls_of_tools_repeat_none_either() -> None:
    said = Said("", calls=(Called("shop_find", {"order": OURS}),))
    with DIRECT.says([said]):
        done = DIRECT.ask(tools=TOOLS)
    assert [call.arguments for call in done.tool_calls] == [{"order": INSTEAD}]


def test_short_values_are_words_and_the_longest_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHORT_TOKEN", "yes")
    monkeypatch.setenv("WORD_TOKEN", "password")
    monkeypatch.setenv("QUOTED_TOKEN", 'can"ary-quoted')
    monkeypatch.setenv("LONG_API_KEY", f"{OURS}-and-more")
    known = known_credentials("")
    assert not {"yes", "password"} & set(known)
    assert "quoted" not in without_credentials(json.dumps({"said": 'can"ary-quoted'}), known)
    assert without_credentials(f"{OURS}-and-more, {OURS}", known) == f"{INSTEAD}, {INSTEAD}"
