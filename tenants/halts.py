"""Halts: who stopped or paused something, and who may let it go on. Pure.

What the client's people or software halted goes on only by their will; the provider may always
halt, and lets go on what its own staff halted. The client's owner lets anything go on.
"""

from typing import Any

from tenants.actors import Actor
from tenants.errors import Forbidden

HaltedBy = dict[str, Any]


def by(actor: Actor) -> HaltedBy:
    """Who halts, in the shape that is kept: ``kind``, ``id`` and ``name``."""
    return {
        "kind": actor.kind,
        "id": str(actor.id) if actor.id else None,
        "name": actor.label,
    }


def name_of(halted: HaltedBy | None) -> str:
    """Who halted it, for people."""
    return str(halted["name"]) if halted else "Somebody of the business"


def may_release(actor: Actor, halted: HaltedBy | None) -> bool:
    """Whether this actor may let go on what was halted so. Unknown counts as the client's."""
    kind = halted["kind"] if halted else "person"
    if actor.kind == "person" and actor.role == "owner":
        return True
    if actor.kind == "staff":
        return bool(kind == "staff")
    is_same = halted is not None and actor.id is not None and halted["id"] == str(actor.id)
    return is_same or (kind == actor.kind == "key")


def check_release(actor: Actor, halted: HaltedBy | None, what: str) -> None:
    """Raise Forbidden unless this actor may let ``what`` go on."""
    if not may_release(actor, halted):
        raise Forbidden(
            f"{name_of(halted)} halted {what}. An owner of the business can let it go on.",
            code="not_yours",
        )


def may_take_over(actor: Actor, halted: HaltedBy | None) -> bool:
    """Whether halting again makes it theirs: a client's stop over one of the provider's."""
    return actor.kind != "staff" and halted is not None and halted["kind"] == "staff"
