"""Who does what is owed: a handler a topic, registered by the upper apps' ``apps.py``."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from uuid import UUID

from audit.jobs import Claim, Handler

TOGETHER = 32  # rows in one turn: some 50 to 100 ms of work

Ahead = Callable[[list[UUID]], AbstractContextManager[None]]

handlers: dict[str, Handler] = {}
ahead_of: dict[str, Ahead] = {}
together: dict[str, int] = {}
inside: list[str] = []


def register(
    topic: str,
    handler: Handler,
    ahead: Ahead | None = None,
    *,
    most: int = TOGETHER,
    makes_calls: bool = True,
) -> None:
    """Let ``handler`` take the rows of ``topic``.

    ``ahead`` reads and locks, in the order of their ids, what several rows with these
    objects need. With it ``most`` rows of one tenant may be begun, and their calls
    settled, in one transaction. What a turn has read it does not read again, so what must
    heed a stop at once has short turns. With ``makes_calls`` false its rows are done when
    the claim commits, so they need no lease; a call they lead to has a debt of its own.
    """
    handlers[topic] = handler
    if not makes_calls and topic not in inside:
        inside.append(topic)
    if ahead is not None:
        ahead_of[topic], together[topic] = ahead, most


@contextmanager
def read_ahead(debts: Iterable[Claim]) -> Iterator[None]:
    """Read what these debts need, a topic at a time; nothing where there is only one."""
    objects: dict[str, list[UUID]] = {}
    for debt in debts:
        objects.setdefault(debt.topic, []).append(debt.object_id)
    with ExitStack() as stack:
        for topic in sorted(objects):
            stack.enter_context(ahead_of[topic](objects[topic]))
        yield
