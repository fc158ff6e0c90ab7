"""CPU time of a model call beyond a bare HTTP request with the same client, in the same run.

The server is another process, so that its time is not counted. Rounds of each way alternate.

uv run python -m tests.benchmarks.gateway [--calls 200] [--rounds 9]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx

from portal.servers.process import Child, free_port
from tests.benchmarks import figures
from tests.processes import ROOT, wait_until

WARM = 50  # calls of each way before the first round
PROMPT = "My ceramic lamp arrived damaged. Can I get a refund? " * 50
MESSAGES = [{"role": "system", "content": "You draft."}, {"role": "user", "content": PROMPT}]
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
REQUEST = {"messages": MESSAGES, "schema": SCHEMA, "max_tokens": 1200}
TOOL = {"name": "shop.refund", "description": "Refunds an order.", "parameters": SCHEMA}
HEADERS = {"Authorization": "Bearer sk-bench"}

Call = Callable[[], Awaitable[Any]]


@contextmanager
def _server() -> Iterator[str]:
    """The world outside as a process; its address."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.outside", "--port", str(port)]
        child = Child("outside", command, log=Path(folder) / "outside.log", cwd=ROOT)
        try:
            url = f"http://127.0.0.1:{port}/v1"
            wait_until(lambda: _answers(url), seconds=10, what="the world outside answers")
            yield url
        finally:
            child.stop(5)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def _set_up(url: str) -> None:
    """Django's settings, with no database, and every model at this address."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "HANDRAIL_SECRET_KEY": "only-for-a-benchmark-0123456789abcdef0123456789abcdef",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "HANDRAIL_ALLOWED_PRIVATE_HOSTS": url.split("/")[2],
        "OPENAI_BASE_URL": url,
        "OPENAI_API_KEY": "sk-bench",
        "HOSTED_VLLM_API_BASE": url,
    }
    import django

    django.setup()


async def _measure(url: str, calls: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of CPU a call, by way, one value a round."""
    from workflows import gateway
    from workflows.gateway.request_body import request_body

    plain, tools = REQUEST, {**REQUEST, "tools": [TOOL]}
    body, where = request_body("scripted", plain), f"{url}/chat/completions"
    async with aiohttp.ClientSession() as session, httpx.AsyncClient() as client:

        async def bare_aiohttp() -> None:
            async with session.post(where, json=body, headers=HEADERS) as response:
                json.loads(await response.read())

        async def bare_httpx() -> None:
            (await client.post(where, json=body, headers=HEADERS)).json()

        ways: dict[str, Call] = {
            "bare aiohttp": bare_aiohttp,
            "bare httpx": bare_httpx,
            "direct": lambda: gateway.complete("openai/scripted", plain),
            "direct, with a tool": lambda: gateway.complete("openai/scripted", tools),
            "LiteLLM": lambda: gateway.complete("hosted_vllm/scripted", plain),
            "LiteLLM, with a tool": lambda: gateway.complete("hosted_vllm/scripted", tools),
        }
        for call in ways.values():
            await _cpu(call, WARM)
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, call in ways.items():
                took[name].append(await _cpu(call, calls))
        return took


async def _cpu(call: Call, times: int) -> float:
    """Milliseconds of CPU of a call, with all threads of this process."""
    began = time.process_time()
    for _ in range(times):
        await call()
    return (time.process_time() - began) * 1000 / times


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with _server() as url:
        _set_up(url)
        took = asyncio.run(_measure(url, given.calls, given.rounds))
    bare = statistics.median(took["bare aiohttp"])
    rows = []
    for name, values in took.items():
        middle = statistics.median(values)
        over = "" if name == "bare aiohttp" else f"{middle - bare:+.2f}"
        rows.append([name, f"{middle:.2f}", f"{min(values):.2f}", f"{max(values):.2f}", over])
    title = f"CPU a model call: {given.rounds} rounds of {given.calls} calls, one at a time"
    print(figures.table(title, rows, ["ms", "median", "least", "most", "over bare"]))


if __name__ == "__main__":
    main()
