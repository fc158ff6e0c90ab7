"""Which status may follow which, for what people decide about. Pure."""

from audit.transitions import machine

ITEM = machine(
    "review item",
    waiting="decided expired cancelled",
    decided="",
    expired="",
    cancelled="",
)

PROPOSAL = machine(
    "proposal",
    proposed="approved rejected superseded expired cancelled",
    approved="executing refused cancelled",
    executing="executed failed in_doubt",
    in_doubt="executed failed executing",
    refused="superseded cancelled",
    executed="undone",
    failed="superseded",
    rejected="",
    superseded="",
    expired="",
    cancelled="",
    undone="",
)

PERMIT = machine("permit", open="redeemed void", redeemed="", void="")
