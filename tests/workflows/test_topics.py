"""Jobs that fail again and again are parked, with an exception that leads on."""

import pytest

from audit import outbox
from tests.lanes import Lane
from workflows.engine.advance import for_each
from workflows.models import StepRun


def test_poison_is_parked_after_three_tries_and_goes_on_once_it_is_mended(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case D8: the engine itself fails; the exception has an owner, a reason and ways out."""

    began = for_each.continue_each
    tries = []

    def poison(*args: object) -> None:
        tries.append(1)
        raise RuntimeError("not today")

    monkeypatch.setattr(for_each, "continue_each", poison)
    lane.start()
    for _ in range(5):
        lane.pass_time(minutes=2)
    assert len(tries) == outbox.PARK_AFTER == 3
    assert lane.run().status == "failed"
    exception = lane.exception()
    assert exception.draft["owner"] == "Owner Harbor & Pine"
    assert exception.draft["problem"].startswith("It failed 3 times and was parked.")
    assert "RuntimeError" not in str(exception.draft) + exception.title + lane.run().problem
    assert exception.evidence["details"] == "RuntimeError: not today"
    assert exception.draft["options"] == ["retry", "hand", "cancel", "close"]
    monkeypatch.setattr(for_each, "continue_each", began)
    lane.resolve("retry")
    lane.pass_time(minutes=1)
    assert lane.item().title.startswith("Refund $48.20")
    assert StepRun.objects.filter(run=lane.run()).count() == 4
