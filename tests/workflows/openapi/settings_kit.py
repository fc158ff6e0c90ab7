"""Settings of tools that call operations."""

from typing import Any

from workflows.openapi.settings import OperationSettings, operation_settings


def raw_settings(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "api": "things",
        "operation": "POST /things/{id}",
        "method": "POST",
        "url": "https://things.example/v1/things/{id}",
        "places": {
            "id": {"in": "path", "name": "id", "style": "commas"},
            "q": {"in": "query", "name": "q[a]", "style": "repeated"},
            "tags": {"in": "query", "name": "tags", "style": "commas"},
            "filter": {"in": "query", "name": "filter", "style": "json"},
            "reason": {"in": "header", "name": "X-Reason", "style": "commas"},
            "amount": {"in": "body", "name": "amount"},
            "note": {"in": "body", "name": "the note"},
        },
        "content_type": "application/json",
    }
    return made | changes


def settings(**changes: Any) -> OperationSettings:
    return operation_settings(raw_settings(**changes))
