"""The steps of an import, as a person's browser sends them."""

import json
from typing import Any

from portal.tools.effect_form import form_prefix
from tests.workflows.openapi.shop_document import SHOP

FIND, REFUND = "GET /orders/{order}", "POST /orders/{order}/refunds"
LIST, CANCEL = "GET /orders", "DELETE /refunds/{id}"
PLACES = [LIST, FIND, REFUND, CANCEL]


def document(value: Any = SHOP, **more: Any) -> dict[str, Any]:
    """The first form, with the shop's document as text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return {"api": "shopapi", "document": text, "base": "", "secret": "", "header": ""} | more


def field_of(key: str, field: str) -> str:
    """The name of a field in the form about an operation."""
    return f"{form_prefix(key)}-{field}"


def chosen(*keys: str, step: str = "declare", **more: Any) -> dict[str, Any]:
    return document(step=step, operation=list(keys), **more)


def declared(*keys: str, **more: Any) -> dict[str, Any]:
    """The last form, for operations declared as one would expect."""
    given: dict[str, Any] = {}
    for key in keys:
        name = key.partition(" ")[0].lower() + str(PLACES.index(key))
        is_read = key.startswith("GET")
        fields = {
            "name": f"shopapi.{name}",
            "title": f"Title of {name}",
            "effect": "read" if is_read else "write",
            "kind": "" if is_read else "refund",
            "undo_args": "{}",
        }
        given |= {field_of(key, field): value for field, value in fields.items()}
    return chosen(*keys, step="save") | given | more
