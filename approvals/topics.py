"""The outbox topics of this app and their handlers."""

from approvals.decisions import deadlines
from approvals.policies import services as policies
from approvals.quality import second_looks
from audit import outbox


def register() -> None:
    """Register the handlers of this app's topics."""
    outbox.register(policies.REFIT, outbox.FunctionHandler(policies.refit))
    outbox.register("item.expire", outbox.FunctionHandler(deadlines.handle_expiry))
    outbox.register(second_looks.TOPIC, outbox.FunctionHandler(second_looks.make_second_look))
