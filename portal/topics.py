"""Outbox topics of this app, and the handler of each."""

from approvals.decisions import deadlines
from approvals.policies import orphans
from approvals.review import comments
from audit import outbox
from portal import notices, periodic
from portal.notices import (
    budget_events,
    enqueue,
    item_events,
    mentions,
    new_items,
    sending,
    tool_events,
    vouching,
)
from workflows.budgets import reservations
from workflows.mcp import looks
from workflows.sources import reading
from workflows.triggers.mail import alarms


def register() -> None:
    """Register the handlers of this app's outbox topics."""
    outbox.register(deadlines.REMINDED, outbox.FunctionHandler(item_events.reminded))
    outbox.register(deadlines.ESCALATED, outbox.FunctionHandler(item_events.escalated))
    outbox.register(comments.ASKED, outbox.FunctionHandler(mentions.notify_mentioned))
    outbox.register(orphans.STRANDED, outbox.FunctionHandler(item_events.stranded))
    outbox.register(alarms.FAILING, outbox.FunctionHandler(notices.mailbox_failing))
    outbox.register(new_items.TOPIC, outbox.FunctionHandler(new_items.notify_new_items))
    outbox.register(
        enqueue.TOPIC, outbox.FunctionHandler(sending.notice_job, sending.notice_given_up)
    )
    outbox.register(reservations.TOLD, outbox.FunctionHandler(budget_events.budget_told))
    outbox.register(
        reservations.TOLD_PROVIDER, outbox.FunctionHandler(budget_events.provider_budget_told)
    )
    outbox.register(looks.SWITCHED_OFF, outbox.FunctionHandler(tool_events.tools_switched_off))
    outbox.register(reading.UPLOADED, outbox.FunctionHandler(vouching.ask_owner))
    outbox.register(periodic.REPORT, outbox.FunctionHandler(periodic.report_due))
    outbox.register(periodic.SEAL, outbox.FunctionHandler(periodic.seal_due))
