"""Requests to the API with a key of a client's."""

import json
from typing import Any

from django.test import Client as Http

from tenants.scope import tenant_scope
from tenants.services.keys import SCOPES, make_key
from tests.world import REQUEST, Client
from workflows.models import Run

RUNS, ITEMS = "/api/v1/runs", "/api/v1/review-items"
PROBLEM = "application/problem+json"


def key_of(client: Client, *scopes: str) -> str:
    """The text of a new key; every scope if none is named."""
    with tenant_scope(client.tenant.pk):
        return make_key(name="shop", scopes=list(scopes or SCOPES), actor=client.actor())[1]


def send(key: str | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """One request with a key."""
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    data = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
    return Http().generic(method, path, data, "application/json", headers=headers)


def start(key: str, body: Any = None, once: str | None = None) -> Any:
    headers = {"Idempotency-Key": once} if once is not None else {}
    asked = {"workflow": "refund-replies", "input": REQUEST}
    return send(key, "POST", RUNS, asked if body is None else body, **headers)


def runs_of(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Run.objects.count()
