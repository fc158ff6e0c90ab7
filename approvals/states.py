"""The state machines of review items, proposals and permits. Pure."""

from audit.transitions import machine

ITEM = machine(
    "review item",
    waiting="decided expired cancelled",
    decided="waiting",  # the decision was taken back before anything followed from it
    expired="",
    cancelled="",
)

PROPOSAL = machine(
    "proposal",
    proposed="approved rejected superseded expired cancelled",
    approved="executing refused cancelled proposed",
    executing="executed failed in_doubt",
    in_doubt="executed failed executing",
    refused="superseded cancelled",
    executed="undone",
    failed="superseded",
    rejected="proposed",
    superseded="proposed",
    expired="",
    cancelled="",
    undone="",
)

PERMIT = machine("permit", open="redeemed void", redeemed="", void="")
