"""A large public document is read whole: GitHub's, as the package ``@octokit/openapi`` ships it."""

import asyncio
import shutil
import subprocess
import tarfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.variants import LONG
from workflows.openapi.reader import ReadDocument, read_in_child

pytestmark = pytest.mark.skipif(not LONG, reason="it takes minutes: HANDRAIL_LONG_TESTS=1")
PACKAGE, INSIDE = "@octokit/openapi@23.0.2", "package/generated/api.github.com.json"


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> ReadDocument:
    folder = tmp_path_factory.mktemp("github")
    npm = shutil.which("npm")
    assert npm, "npm brings the package"
    subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, check=True, timeout=300)
    text = _unpacked(next(folder.glob("*.tgz")))
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, read_in_child(text)).result()


def _unpacked(archive: Path) -> str:
    with tarfile.open(archive) as opened:
        found = opened.extractfile(INSIDE)
        assert found is not None
        return found.read().decode()


def test_nearly_every_operation_can_be_called(github: ReadDocument) -> None:
    assert (github.problem, len(github.operations)) == ("", 1223)
    codes = Counter(problem.code for one in github.operations for problem in one.problems)
    assert codes == {"unsupported_body": 2}  # they upload files


def test_an_operations_arguments_are_in_their_places(github: ReadDocument) -> None:
    found = {one.operation_id: one for one in github.operations}["issues/create"]
    assert found.url == "https://api.github.com/repos/{owner}/{repo}/issues"
    assert found.args_schema["required"] == ["owner", "repo", "title"]
    assert {one["in"] for one in found.places.values()} == {"path", "body"}
    assert "201" in found.answers
