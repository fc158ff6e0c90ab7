"""The sample shop as an OpenAPI document, and documents that are wrong in one way each."""

import copy
import json
from typing import Any

from workflows.openapi.document import read_document
from workflows.openapi.operations import ApiOperation, read_operations

SHOP: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Sample shop", "version": "1"},
    "servers": [{"url": "https://shop.example/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "summary": "List orders",
                "parameters": [
                    {
                        "name": "state",
                        "in": "query",
                        "schema": {"type": "array", "items": {"enum": ["open", "sent"]}},
                    },
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {
                    "200": {
                        "description": "Orders",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Order"},
                                }
                            }
                        },
                    }
                },
            }
        },
        "/orders/{order}": {
            "parameters": [{"$ref": "#/components/parameters/Order"}],
            "get": {
                "operationId": "getOrder",
                "summary": "Find an order",
                "responses": {
                    "200": {
                        "description": "The order",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Order"}}
                        },
                    }
                },
            },
        },
        "/orders/{order}/refunds": {
            "parameters": [{"$ref": "#/components/parameters/Order"}],
            "post": {
                "operationId": "refundOrder",
                "summary": "Refund an order",
                "parameters": [
                    {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}},
                    {"name": "X-Reason", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Refund"}}
                    },
                },
                "responses": {
                    "201": {
                        "description": "Refunded",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id"],
                                    "properties": {"id": {"type": "string"}},
                                }
                            }
                        },
                    }
                },
            },
        },
        "/refunds/{id}": {
            "delete": {
                "operationId": "cancelRefund",
                "summary": "Take a refund back",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"204": {"description": "Done"}},
            }
        },
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
        "parameters": {
            "Order": {
                "name": "order",
                "in": "path",
                "required": True,
                "description": "Number of the order",
                "schema": {"type": "string", "maxLength": 40},
            }
        },
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["order", "total"],
                "properties": {
                    "order": {"type": "string"},
                    "total": {"type": "integer"},
                    "note": {"type": ["string", "null"]},
                },
            },
            "Refund": {
                "type": "object",
                "required": ["amount"],
                "properties": {
                    "id": {"type": "string", "readOnly": True},
                    "amount": {"type": "integer", "minimum": 1},
                    "order": {"type": "string", "description": "Order of the receipt"},
                },
            },
        },
    },
}


def shop_document(server: str = "https://shop.example/v1") -> dict[str, Any]:
    """The shop's document, at this server."""
    made = copy.deepcopy(SHOP)
    made["servers"] = [{"url": server}]
    return made


def one_operation(operation: Any, *, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    """A document whose only operation is ``POST /things``, with these further members."""
    return {
        "openapi": version,
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://things.example"}],
        "paths": {"/things": {"post": operation}},
    } | more


def operations_of(document: Any, base: str = "") -> dict[str, ApiOperation]:
    """Its operations by their keys, read from its text."""
    text = document if isinstance(document, str) else json.dumps(document)
    return {one.key: one for one in read_operations(read_document(text), base)}


def only(document: Any, base: str = "") -> ApiOperation:
    (found,) = operations_of(document, base).values()
    return found
