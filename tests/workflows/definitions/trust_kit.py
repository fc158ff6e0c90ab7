"""Definitions as they are read, and the tools of their client."""

from workflows.definitions.definition import Definition
from workflows.definitions.tool_use import UsedTool
from workflows.validation.parse import parse

TOOLS = {
    "shop.refund": UsedTool("shop.refund", "Shop refund", "write", "refund"),
    "mail.send": UsedTool("mail.send", "E-mail", "write", "send"),
}


def read(text: str) -> Definition:
    return parse(text)[0]
