"""The handlers of topics are kept in a registry; the ``apps.py`` of upper apps register them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from uuid import UUID

from audit.jobs import Claim, ClaimedBatch, Handler, ReadAhead

BATCH_SIZE = 32  # rows of one batch: some 50 to 100 ms of work

Preload = Callable[[list[UUID]], AbstractContextManager[None]]

handlers: dict[str, Handler] = {}
preloads: dict[str, Preload] = {}
batch_sizes: dict[str, int] = {}
lock_only: list[str] = []
read_aheads: dict[str, ReadAhead] = {}
preload_alone: set[str] = set()


def register(
    topic: str,
    handler: Handler,
    preload: Preload | None = None,
    *,
    most: int = BATCH_SIZE,
    makes_calls: bool = True,
    read_ahead: ReadAhead | None = None,
    alone: bool = False,
) -> None:
    """Register ``handler`` for the rows of ``topic``.

    ``preload`` gets the object ids of several rows; it reads and locks, in the order of the ids,
    what their handler needs. With it up to ``most`` rows of one tenant are prepared, and their
    results stored, in one transaction. A batch reads no state twice, so a topic that must obey a
    stop at once needs small batches. With ``makes_calls`` false the rows are complete when the
    claim commits, so they are locked and not leased; a job they lead to has a claim of its own.
    Where one row is claimed, ``read_ahead`` takes the place of ``preload``, or ``preload`` is used
    where ``alone`` says so.
    """
    handlers[topic] = handler
    if not makes_calls and topic not in lock_only:
        lock_only.append(topic)
    if preload is not None:
        preloads[topic], batch_sizes[topic] = preload, most
    if alone:
        preload_alone.add(topic)
    if read_ahead is not None:
        read_aheads[topic] = read_ahead


@contextmanager
def preload_rows(claims: Iterable[Claim]) -> Iterator[None]:
    """Preload what the handlers of these rows need, topic by topic, for the time of the block."""
    objects: dict[str, list[UUID]] = {}
    for claim in claims:
        objects.setdefault(claim.topic, []).append(claim.object_id)
    with ExitStack() as stack:
        for topic in sorted(objects):
            stack.enter_context(preloads[topic](objects[topic]))
        yield


def preload_claimed(claimed: ClaimedBatch) -> AbstractContextManager[None]:
    """Preload what the handlers of a claimed batch need, unless it was read with the claim."""
    [first, *others] = claimed.claims
    if claimed.ahead is not None and not others:
        return read_aheads[first.topic].keep(first.object_id, claimed.ahead)
    return preload_rows(claimed.claims if others or first.topic in preload_alone else ())
