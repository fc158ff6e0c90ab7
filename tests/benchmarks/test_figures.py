"""What others used of the CPU beside a benchmark, and whether its run counts as quiet."""

import os
import subprocess
import sys

import pytest

from tests.benchmarks import figures
from tests.benchmarks.figures import CpuReading


def test_others_used_what_was_busy_and_not_our_own():
    before, after = CpuReading(100, 50, 5), CpuReading(110, 65, 18)
    assert figures.share_of_others(before, after, cores=2) == pytest.approx(0.1)


def test_rounding_of_the_kernel_makes_no_negative_share():
    assert figures.share_of_others(CpuReading(0, 0, 0), CpuReading(1, 1.9, 2.0), cores=2) == 0


def test_no_time_at_all_is_no_division_by_zero():
    assert figures.share_of_others(CpuReading(1, 1, 1), CpuReading(1, 1, 1), cores=2) == 0


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.03, "Others used 3.0 % of the CPU beside it: quiet."),
        (0.08, "Others used 8.0 % of the CPU beside it: quiet."),
        (0.14, "Others used 14.0 % of the CPU beside it: NOT quiet, do not compare."),
    ],
)
def test_a_run_is_called_quiet_up_to_8_percent(share, said):
    assert figures.others_sentence(share) == said


def test_a_child_that_ended_counts_as_our_own():
    before = figures.read_cpu()
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert figures.read_cpu().own - before.own >= 0.3


def test_time_that_the_host_took_away_counts_as_used_by_others(monkeypatch):
    times = figures.psutil.cpu_times()
    monkeypatch.setattr(
        figures.psutil, "cpu_times", lambda: times._replace(steal=times.steal + 100)
    )
    assert figures.read_cpu().busy >= sum(times[:3]) + times.steal + 100


def test_the_helper_says_it_at_the_end_of_a_benchmark(capsys):
    with figures.watched():
        print("figures")
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{os.cpu_count()} cores of ")
    assert second == "figures"
    assert third.startswith("Others used ")
