"""State machines of runs, steps and calls: which status may follow which. Pure."""

from audit.transitions import machine

RUN = machine(
    "run",
    running="waiting done failed cancelled",
    waiting="running done failed cancelled",
    failed="running cancelled",
    done="",
    cancelled="",
)

# Statuses of a run or step that is not over.
UNDER_WAY = ("running", "waiting")

STEP = machine(
    "step",
    running="waiting done failed skipped cancelled",
    waiting="running done failed skipped cancelled",
    failed="running skipped cancelled",
    done="",
    skipped="",
    cancelled="",
)

CALL = machine(
    "call",
    intended="done failed in_doubt lost",
    in_doubt="done failed",
    done="",
    failed="",
    lost="",
)
