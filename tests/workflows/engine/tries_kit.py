"""Let the tries of a call come round."""

from tests.lanes import Lane


def wait(lane: Lane, times: int = 6) -> None:
    for _ in range(times):
        lane.pass_time(seconds=40)
