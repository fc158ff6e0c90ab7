"""Keys of the API: whose they are, what each may do, and where they don't belong."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Http

from audit.models import Event
from tenants.models import ApiKey
from tenants.scope import tenant_scope
from tenants.services.keys import revoke_key
from tests.portal.api.api_kit import ITEMS, PROBLEM, RUNS, key_of, runs_of, send
from tests.world import Client, World


def _of_nobody(client: Client) -> str:
    return key_of(client)[:-4] + "AAAA"


def _of_another_tenant(client: Client) -> str:
    """A real secret under another tenant's id."""
    parts = key_of(client).split("_")
    parts[1] = uuid4().hex
    return "_".join(parts)


def _revoked(client: Client) -> str:
    key = key_of(client)
    with tenant_scope(client.tenant.pk):
        revoke_key(ApiKey.objects.get(prefix=key.split("_")[2]).pk, actor=client.actor())
    return key


@pytest.mark.parametrize("bad", [_of_nobody, _of_another_tenant, _revoked, lambda c: "hr_x", None])
def test_without_a_live_key_everything_is_a_401(world: World, bad: Any) -> None:
    """W2."""
    key = bad(world.harbor) if bad else None
    for method, path in (
        ("GET", RUNS),
        ("POST", RUNS),
        ("GET", f"{RUNS}/{uuid4()}"),
        ("GET", ITEMS),
    ):
        answer = send(key, method, path, {} if method == "POST" else None)
        assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_under_another_clients_id_is_no_key(world: World) -> None:
    """W2."""
    parts = key_of(world.harbor).split("_")
    parts[1] = world.quill.tenant.pk.hex
    assert send("_".join(parts), "GET", RUNS).status_code == 401


def test_a_session_is_no_key(world: World) -> None:
    """A browser that is signed in can't be made to call the API."""
    browser = Http()
    browser.force_login(world.harbor.owner)
    assert browser.get(RUNS).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("runs:read", "POST", RUNS),
        ("runs:write", "GET", RUNS),
        ("runs:read", "GET", ITEMS),
        ("reviews:read", "GET", RUNS),
    ],
)
def test_a_key_without_the_scope_is_a_403(world: World, scope: str, method: str, path: str) -> None:
    """W2."""
    body = {"workflow": "refund-replies", "input": {}} if method == "POST" else None
    answer = send(key_of(world.harbor, scope), method, path, body)
    assert (answer.status_code, answer["Content-Type"]) == (403, PROBLEM)
    assert runs_of(world.harbor) == 0


def test_a_key_in_the_address_is_refused(world: World) -> None:
    """W2."""
    key = key_of(world.harbor)
    for header in (None, key):
        for query in (f"key={key}", f"status=running&status={key}", f"a={key}&a=b"):
            answer = send(header, "GET", f"{RUNS}?{query}")
            assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
            assert answer.json()["code"] == "key_in_url"


def test_a_dump_holds_no_key(world: World) -> None:
    """W2."""
    secret = key_of(world.harbor).split("_")[3]
    with tenant_scope(world.harbor.tenant.pk):
        rows = list(ApiKey.objects.values_list()) + list(Event.objects.values_list())
    assert secret not in str(rows)


def test_a_method_that_is_not_there_is_a_405(world: World) -> None:
    key = key_of(world.harbor)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = send(key, method, f"{RUNS}/{uuid4()}", {})
        assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)
