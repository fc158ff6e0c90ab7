"""Adapters of tools, and the ways in which a call fails."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, adapters, carry_out


def test_every_adapter_is_registered_by_its_name_with_all_it_needs() -> None:
    assert sorted(adapters()) == [
        "browser",
        "chat",
        "http",
        "mail",
        "mail_draft",
        "mcp",
        "openapi",
        "sql",
        "webhook",
    ]
    for name, adapter in adapters().items():
        assert name == adapter.NAME
        for part in ("check", "resolve", "carry_out"):
            assert callable(getattr(adapter, part)), (name, part)


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (ToolFailed("x"), "refused", False),
        (ToolFailed("x", retryable=True), "unavailable", True),
        (ToolFailed("x", kind="timeout"), "timeout", False),
        (ToolFailed("x", retryable=True, kind="rate_limited", wait=9), "rate_limited", True),
    ],
)
def test_a_failure_has_the_kind_of_whether_it_may_pass(
    error: ToolFailed, kind: str, retryable: bool
) -> None:
    assert (error.kind, error.retryable, error.cause) == (kind, retryable, None)


def test_a_call_that_may_have_acted_is_in_doubt_whatever_its_kind() -> None:
    error = ToolInDoubt("It broke off.", kind="timeout", wait=3)
    assert (str(error), error.kind, error.wait) == ("It broke off.", "timeout", 3)
    assert error.cause is Cause.IN_DOUBT


def test_a_call_of_an_unknown_adapter_is_not_made() -> None:
    # Browser tests may have left a loop running in this thread.
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyError, match="fax"):
        pool.submit(asyncio.run, carry_out(ToolRequest("fax", {}, {}, "key"))).result()


def test_a_request_acts_unless_it_says_otherwise() -> None:
    request = ToolRequest("http", {}, {}, "key")
    assert (request.acts, request.takes_key, request.timeout) == (True, False, None)
