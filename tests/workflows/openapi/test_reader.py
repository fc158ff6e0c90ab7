"""A document is read in a process of its own, which has an end."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.workflows.openapi.shop_document import SHOP, operations_of
from workflows.openapi import reader
from workflows.openapi.reader import BROKEN, TOO_MUCH, ReadDocument, read_in_child


def read(text: str, **more: Any) -> ReadDocument:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, read_in_child(text, **more)).result()


def test_a_document_is_read_as_in_this_process() -> None:
    found = read(json.dumps(SHOP))
    assert (found.title, found.problem) == ("Sample shop", "")
    assert {one.key: one for one in found.operations} == operations_of(SHOP)


def test_a_document_that_can_not_be_read_says_where() -> None:
    found = read('{"openapi": "3.0.0", "paths": {}}')
    assert (found.problem, found.operations) == ("It has no operations. (#/paths)", [])
    assert "line 2, column 1" in read("{").problem


def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    spawn = asyncio.create_subprocess_exec

    async def noting(*args: Any, **more: Any) -> asyncio.subprocess.Process:
        process = await spawn(*args, **more)
        started.append(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noting)
    assert read(json.dumps(SHOP), seconds=0.01).problem == TOO_MUCH
    (pid,) = started
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_that_breaks_off_is_a_problem_and_no_empty_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "PROGRAM", "workflows.openapi.none")
    assert read(json.dumps(SHOP)).problem == BROKEN


def test_no_secret_of_ours_is_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    spawn = asyncio.create_subprocess_exec

    async def noting(*args: Any, **more: Any) -> asyncio.subprocess.Process:
        seen.update(more["env"])
        return await spawn(*args, **more)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noting)
    read(json.dumps(SHOP))
    assert seen.keys() <= {"PATH", "LANG"}


def test_operations_of_a_large_document_are_read(large: dict[str, Any]) -> None:
    """More than a request reads: 900 operations, each with schemas of its own."""
    found = read(json.dumps(large))
    assert (len(found.operations), found.problem) == (900, "")
    assert not any(one.problems for one in found.operations)


@pytest.fixture
def large() -> dict[str, Any]:
    made: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Large", "version": "1"}}
    made["servers"] = [{"url": "https://large.example"}]
    made["paths"] = {
        f"/things{number}": {
            "get": {"responses": {"200": {"description": "x", "content": {JSON: schema(number)}}}}
        }
        for number in range(900)
    }
    return made


JSON = "application/json"


def schema(number: int) -> dict[str, Any]:
    properties = {f"field{number}_{index}": {"type": "string"} for index in range(30)}
    return {"schema": {"type": "object", "properties": properties}}
