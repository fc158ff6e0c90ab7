"""The types of a job: claims, handlers and results."""

from datetime import timedelta
from uuid import UUID

import pytest

from audit.jobs import Claim, FunctionHandler, Job, Postpone, Priority, Reloadable

CLAIM = Claim(UUID(int=1), UUID(int=2), "test.job", UUID(int=3), 1)


def test_a_handler_is_made_of_its_functions() -> None:
    told: list[tuple[Claim, str]] = []
    later = Postpone(timedelta(minutes=5))
    handler = FunctionHandler(lambda claim: later, lambda *what: told.append(what))
    assert handler.prepare(CLAIM) is later
    handler.give_up(CLAIM, "RuntimeError: no")
    assert told == [(CLAIM, "RuntimeError: no")]


def test_a_row_that_was_parked_is_logged_where_nobody_else_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    FunctionHandler(lambda claim: None).give_up(CLAIM, "RuntimeError: no")
    [logged] = caplog.records
    assert logged.levelname == "ERROR"
    assert logged.getMessage() == f"parked test.job {UUID(int=3)}: RuntimeError: no"


def test_interactive_work_goes_before_all_other() -> None:
    assert sorted(Priority) == [Priority.INTERACTIVE, Priority.NORMAL, Priority.BULK]
    assert min(Priority) == 0


def test_a_job_is_reloadable_where_it_can_be_read_again() -> None:
    class Plain:
        claim = CLAIM

        def perform(self) -> object:
            return None

        def store_result(self, outcome: object) -> Job | None:
            return None

    class Loaded(Plain):
        def reload(self) -> Job:
            return self

    assert isinstance(Loaded(), Reloadable)
    assert not isinstance(Plain(), Reloadable)


def test_a_claim_has_no_limits_unless_it_is_given_some() -> None:
    assert CLAIM.limits == ()
    assert Postpone(timedelta(0)).limit_key == ""
