"""A process begins calls that answer soon a few at a time, so that its death costs few answers.

An answer that was sent and not written yet is paid for, and is asked for again if the process dies.
Answers to calls that were begun together come together, and writing one takes longer than beginning
one. So no call is begun while ANSWERS of them are unwritten, or due soon. Neither calls that take
long count, nor their answers: a worker needs many of them in flight to have enough to do.
"""

import time
from dataclasses import dataclass, field
from typing import Any

ANSWERS = 8  # that may be unwritten or due soon in one process
SOON = 0.2  # seconds after its begin in which a call's answer is due soon
LONG = 0.5  # seconds from which on a topic's calls are said to take long


@dataclass(frozen=True, slots=True)
class Room:
    """The number of calls that may be begun now; at most ``answers`` of those that answer soon.

    Calls of ``slow_topics`` take long, so their number is not limited by ``answers``.
    """

    calls: int
    answers: int
    slow_topics: frozenset[str] = frozenset()

    def admits(self, topic: str) -> bool:
        """Return whether calls that rows of this topic lead to may be begun."""
        return bool(self.answers) or topic in self.slow_topics

    def batch_sizes(self, sizes: dict[str, int]) -> dict[str, int]:
        """Return how many rows of each topic one batch may have."""
        return {
            topic: most if topic in self.slow_topics else min(most, self.answers)
            for topic, most in sizes.items()
        }


@dataclass(slots=True)
class Admission:
    """The calls of one process that have no answer yet, and the answers that are not written.

    Both have the topic of the row whose handler led to the call; ``usual`` has the seconds that
    calls of a topic take. The caller holds a lock.
    """

    waiting: dict[Any, tuple[str, float]] = field(default_factory=dict)
    unwritten: dict[Any, str] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)
    reserved: int = 0

    def begin(self, call_id: Any, topic: str) -> None:
        """Note a call that is begun now."""
        self.waiting[call_id] = (topic, time.monotonic())

    def answer(self, call_id: Any) -> None:
        """Note the answer of a call, and how long it took."""
        topic, began = self.waiting.pop(call_id)
        self.unwritten[call_id] = topic
        took = time.monotonic() - began
        usual = self.usual.get(topic, took)
        # A busy process sees answers late, never early: so a low value counts for more.
        self.usual[topic] = usual + (took - usual) * (0.5 if took < usual else 0.1)

    def reserve(self) -> int:
        """Reserve what is left of ANSWERS, and return how many."""
        free = max(ANSWERS - self.reserved - self._counted(), 0)
        self.reserved += free
        return free

    def slow_topics(self) -> frozenset[str]:
        """Return the topics whose calls take long."""
        if self.waiting:
            topic, began = next(iter(self.waiting.values()))
            if topic not in self.usual and (age := time.monotonic() - began) >= LONG:
                self.usual[topic] = age  # none has been answered yet, and this one has waited
        return frozenset(topic for topic, usual in self.usual.items() if usual >= LONG)

    def _counted(self) -> int:
        """Return how many answers of quick calls are unwritten or due soon."""
        slow, since = self.slow_topics(), time.monotonic() - SOON
        count = sum(topic not in slow for topic in self.unwritten.values())
        for topic, began in reversed(self.waiting.values()):
            if began < since:
                break
            count += topic not in slow
        return count
