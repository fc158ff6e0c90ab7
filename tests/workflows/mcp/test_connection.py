"""Servers that are commands of this deployment: real ones, and ones that would do harm."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fakes.sink import HttpSink
from tests.workflows.mcp.mcp_kit import look, send, settings_of
from workflows.exceptions.causes import Cause
from workflows.mcp.settings import ServerPlace
from workflows.tools import ToolFailed, ToolInDoubt

LONG = os.environ.get("HANDRAIL_LONG_TESTS") == "1"
# A server that does as its argument says, over lines of JSON.
OWN = """
import json, os, resource, subprocess, sys, time
what, where = sys.argv[1], sys.argv[2]
ROOMS = ('RLIMIT_AS', 'RLIMIT_CPU')
tool = {"name": "do", "inputSchema": {"type": "object"}}
modern = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
for line in sys.stdin:
    asked = json.loads(line)
    result = dict(modern)
    if asked["method"] == "server/discover":
        result |= {"capabilities": {"tools": {}}, "supportedVersions": ["2026-07-28"]}
    elif asked["method"] == "tools/list":
        result |= {"tools": [tool]}
    elif what == "tell":
        limits = {n: resource.getrlimit(getattr(resource, n))[0] for n in ROOMS}
        told = {"env": dict(os.environ), "cwd": os.getcwd(), "limits": limits}
        result |= {"content": [], "structuredContent": told}
    elif what == "eat":
        eaten = bytearray(1 << 30)
    elif what == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open(where, "w").write(f"{os.getpid()} {child.pid}")
        result |= {"content": []}
    elif what == "hang":
        open(where, "w").write(f"{os.getpid()} {os.getpid()}")
        time.sleep(60)
    elif what == "end":
        sys.exit("I had enough")
    elif what == "long":
        print("x" * 9_000_000)
    elif what == "junk":
        print("no JSON at all")
        result |= {"content": [{"type": "text", "text": "after it"}]}
    print(json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "result": result}), flush=True)
"""


@pytest.fixture
def commands(settings: Any, tmp_path: Path) -> Any:
    """Make one command the deployment's only one, under the name ``it``."""
    (tmp_path / "own.py").write_text(OWN)

    def made(what: Any, **more: Any) -> ServerPlace:
        line = f"{sys.executable} {tmp_path / 'own.py'} {what} {tmp_path / 'pids'}"
        entry = {"command": what if " " in what or what.startswith("mcp-") else line} | more
        settings.MCP_COMMANDS = json.dumps({"it": entry})
        return ServerPlace(command="it")

    return made


def call(place: ServerPlace, name: str, args: dict[str, Any], **more: Any) -> dict[str, Any]:
    offer = look(place)
    return send(settings_of(offer, name, place), args, timeout=60.0, **more)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, after a moment to do so."""
    until = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_the_server_of_the_time_tells_it(commands: Any) -> None:
    found = call(
        commands("mcp-server-time"), "get_current_time", {"timezone": "Asia/Tokyo"}, acts=False
    )
    assert found["structured"]["datetime"].endswith("+09:00")


def test_the_server_of_git_reads_a_repository(commands: Any, tmp_path: Path) -> None:
    git = "git -c user.email=a@b.example -c user.name=A"
    os.system(
        f"cd {tmp_path} && git init -q r && cd r && touch f && git add f && {git} commit -qm One"
    )
    place = commands(f"mcp-server-git --repository {tmp_path / 'r'}")
    found = call(place, "git_log", {"repo_path": str(tmp_path / "r")}, acts=False)
    assert "One" in found["text"]
    with pytest.raises(ToolFailed, match="It says that it failed"):
        call(place, "git_log", {"repo_path": str(tmp_path)}, acts=False)


def test_a_process_has_nothing_of_ours_and_is_limited(commands: Any) -> None:
    place = commands("tell", env={"OF_THE_COMMAND": "1"}, memory_mb=700)
    place = place.model_copy(update={"secret": "shop", "carrier": "SHOP_KEY"})
    offer = look(place)
    settings = settings_of(offer, "do", place)
    told = send(settings, {}, credential="s3cret-of-the-shop", timeout=30.0)["structured"]
    names = {"PATH", "HOME", "TMPDIR", "LANG", "OF_THE_COMMAND", "SHOP_KEY", "LC_CTYPE"}
    assert set(told["env"]) <= names
    assert told["env"]["OF_THE_COMMAND"] == "1"
    assert "s3cret" not in json.dumps(told)  # it was sent, and is hidden in what came back
    assert told["limits"] == {"RLIMIT_AS": 700 << 20, "RLIMIT_CPU": 60}
    assert told["cwd"] == told["env"]["HOME"]
    assert not Path(told["cwd"]).exists()


def test_a_process_that_eats_memory_ends_and_is_in_doubt(commands: Any) -> None:
    with pytest.raises(ToolInDoubt, match="The connection was closed"):
        call(commands("eat", memory_mb=400), "do", {})


def test_children_of_a_server_end_with_it(commands: Any, tmp_path: Path) -> None:
    call(commands("child"), "do", {})
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(is_gone(pid) for pid in pids)


def test_a_server_that_hangs_is_ended_in_time(commands: Any, tmp_path: Path) -> None:
    place = commands("hang")
    settings = settings_of(look(place), "do", place)
    with pytest.raises(ToolInDoubt, match="in time"):
        send(settings, {}, timeout=3.0)
    assert is_gone(int((tmp_path / "pids").read_text().split()[0]))


def test_a_server_that_ends_is_told_with_its_last_words(commands: Any) -> None:
    with pytest.raises(ToolFailed, match=r"The connection was closed\. I had enough"):
        call(commands("end"), "do", {}, acts=False)


def test_a_line_without_end_is_not_kept(commands: Any) -> None:
    with pytest.raises(ToolInDoubt, match="more than 4 MB"):
        call(commands("long"), "do", {})


def test_a_line_that_is_no_message_is_passed_over(commands: Any) -> None:
    assert call(commands("junk"), "do", {})["text"] == "after it"


def test_a_command_that_is_not_there_or_not_named_is_refused(commands: Any) -> None:
    with pytest.raises(ToolFailed, match="not installed here") as raised:
        look(commands("no-such-program --at all"))
    assert raised.value.cause is Cause.TOOL
    with pytest.raises(ToolFailed, match="no command called other"):
        look(ServerPlace(command="other"))


def test_the_server_that_fetches_reads_a_page_of_loopback(commands: Any) -> None:
    page = b"<html><body><article><h1>Returns</h1><p>Within 30 days.</p></article></body></html>"
    with HttpSink(body=page) as sink:
        place = commands("mcp-server-fetch --ignore-robots-txt --allow-private-ips", memory_mb=0)
        found = call(place, "fetch", {"url": f"{sink.url}/p", "raw": True}, acts=False)
        assert "Within 30 days." in found["text"]
        assert [one["path"] for one in sink.requests] == ["/p"]


@pytest.mark.skipif(not LONG, reason="it fetches packages of Node")
@pytest.mark.parametrize(
    ("line", "name", "args", "said"),
    [
        ("npx -y @modelcontextprotocol/server-everything", "echo", {"message": "Hello"}, "Hello"),
        (
            "npx -y @modelcontextprotocol/server-filesystem {here}",
            "read_text_file",
            {"path": "{here}/note.txt"},
            "Kept here.",
        ),
    ],
)
def test_servers_of_node_answer(
    commands: Any, tmp_path: Path, line: str, name: str, args: dict[str, str], said: str
) -> None:
    (tmp_path / "note.txt").write_text("Kept here.")
    here = {"here": str(tmp_path)}
    environment = {"npm_config_cache": str(Path.home() / ".npm")}
    place = commands(line.format(**here), memory_mb=0, env=environment)
    given = {key: value.format(**here) for key, value in args.items()}
    assert said in call(place, name, given, acts=False)["text"]
