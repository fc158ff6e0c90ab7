"""What this app does with rows of the outbox."""

from approvals.services import moments, policies, second_looks
from audit import outbox


def register() -> None:
    """Take the topics of this app."""
    outbox.register(policies.REFIT, outbox.Does(policies.refit))
    outbox.register("item.expire", outbox.Does(moments.come))
    outbox.register(second_looks.TOPIC, outbox.Does(second_looks.make))
