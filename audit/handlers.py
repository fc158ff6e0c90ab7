"""Who does what is owed: a handler a topic, registered by the upper apps' ``apps.py``."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from uuid import UUID

from audit.debts import Debt, Handler

TOGETHER = 32  # rows in one turn: some 50 to 100 ms of work

Ahead = Callable[[list[UUID]], AbstractContextManager[None]]

handlers: dict[str, Handler] = {}
ahead_of: dict[str, Ahead] = {}
together: dict[str, int] = {}


def register(
    topic: str, handler: Handler, ahead: Ahead | None = None, *, most: int = TOGETHER
) -> None:
    """Let ``handler`` take the rows of ``topic``.

    ``ahead`` reads and locks, in the order of their ids, what several rows with these
    objects need. With it ``most`` rows of one tenant may be begun, and their calls
    settled, in one transaction. What a turn has read it does not read again, so what must
    heed a stop at once has short turns.
    """
    handlers[topic] = handler
    if ahead is not None:
        ahead_of[topic], together[topic] = ahead, most


@contextmanager
def read_ahead(debts: Iterable[Debt]) -> Iterator[None]:
    """Read what these debts need, a topic at a time; nothing where there is only one."""
    objects: dict[str, list[UUID]] = {}
    for debt in debts:
        objects.setdefault(debt.topic, []).append(debt.object_id)
    with ExitStack() as stack:
        for topic in sorted(objects):
            stack.enter_context(ahead_of[topic](objects[topic]))
        yield
