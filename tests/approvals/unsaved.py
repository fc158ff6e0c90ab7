"""Rows that no database has, for functions that only read what they are given."""

from typing import Any
from uuid import UUID

from approvals.models import NeverRule, Proposal, ReviewItem, Tool

# Given, so that no tenant's scope has to be open.
NOBODY = UUID(int=0)


def unsaved_tool(name: str, **declared: Any) -> Tool:
    return Tool(tenant_id=NOBODY, **{"name": name, "title": name, "args_schema": {}, **declared})


def unsaved_proposal(tool: Tool, **more: Any) -> Proposal:
    plain = {"tool_name": tool.name, "kind": tool.kind or "", "position": 0, "args": {}}
    return Proposal(tenant_id=NOBODY, tool=tool, **{**plain, **more})


def unsaved_item(**more: Any) -> ReviewItem:
    return ReviewItem(tenant_id=NOBODY, **more)


def unsaved_rule(**more: Any) -> NeverRule:
    return NeverRule(tenant_id=NOBODY, **more)
