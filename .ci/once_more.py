"""Failed tests are run once more, each alone: those that pass then are flaky, not broken.

Usage: ``once_more.py REPORT STATUS``, a JUnit report of the ``xunit1`` family and the exit status
of the run that wrote it. Exits with 0 where every test passed alone, and says which were flaky.
"""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

MOST = 10  # more than these are no races
TESTS_FAILED = 1  # pytest's exit status; the others mean that it could not run them


def main(report: str, status: int) -> int:
    """Run what failed once more; the exit status for CI."""
    failed = failures(Path(report)) if status == TESTS_FAILED else {}
    if not 0 < len(failed) <= MOST:
        return status
    broken = [test for test in failed if not passes_alone(test)]
    flaky = {test: said for test, said in failed.items() if test not in broken}
    for test, said in flaky.items():
        print(f"\nFLAKY {test}\n{said}")
    for test in broken:
        print(f"\nFAILED TWICE {test}")
    print(f"\n{len(flaky)} flaky, {len(broken)} failed twice", flush=True)
    return status if broken else 0


def failures(report: Path) -> dict[str, str]:
    """What failed or could not be set up, by node id, with the first failure's text."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        for problem in (*case.findall("failure"), *case.findall("error")):
            found.setdefault(node_id(case), problem.text or problem.get("message", ""))
    return found


def node_id(case: ElementTree.Element) -> str:
    """A test as pytest takes it on the command line."""
    file = case.get("file", "")
    module = file.removesuffix(".py").replace("/", ".")
    classes = case.get("classname", "").removeprefix(module).strip(".").split(".")
    return "::".join([file, *filter(None, classes), case.get("name", "")])


def passes_alone(test: str) -> bool:
    """Whether a test passes in a run of its own."""
    print(f"\n== once more, alone: {test}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:randomly", "-q", test]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
