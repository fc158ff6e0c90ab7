"""A halt is a stop or pause; this module says who may release it. Pure.

A halt by the client's people or software is released only by the client. The provider may always
halt, and may release halts of its own staff. The client's owner may release any halt.
"""

from typing import Any

from tenants.actors import Actor
from tenants.errors import Forbidden

HaltedBy = dict[str, Any]


def halted_by(actor: Actor) -> HaltedBy:
    """Return the actor in the shape that is stored with a halt: ``kind``, ``id`` and ``name``."""
    return {
        "kind": actor.kind,
        "id": str(actor.id) if actor.id else None,
        "name": actor.label,
    }


def halter_name(halted: HaltedBy | None) -> str:
    """Return the name of the one who halted it, for people."""
    return str(halted["name"]) if halted else "Somebody of the business"


def may_release(actor: Actor, halted: HaltedBy | None) -> bool:
    """Return whether the actor may release this halt. An unknown halter counts as the client's."""
    kind = halted["kind"] if halted else "person"
    if actor.kind == "person" and actor.role == "owner":
        return True
    if actor.kind == "staff":
        return bool(kind == "staff")
    is_same = halted is not None and actor.id is not None and halted["id"] == str(actor.id)
    return is_same or (kind == actor.kind == "key")


def check_release(actor: Actor, halted: HaltedBy | None, what: str) -> None:
    """Raise Forbidden unless the actor may release the halt of ``what``."""
    if not may_release(actor, halted):
        raise Forbidden(
            f"{halter_name(halted)} halted {what}. An owner of the business can let it go on.",
            code="not_yours",
        )


def may_take_over(actor: Actor, halted: HaltedBy | None) -> bool:
    """Return whether a second halt replaces the first: a client's does replace the provider's."""
    return actor.kind != "staff" and halted is not None and halted["kind"] == "staff"
