"""Any stored JSON can be shown, and no page holds a raw hidden character (cases A8, W4, 16a)."""

import re
from typing import Any

import pytest
from django.test import Client as Browser

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem, Tool
from approvals.rules.hidden_characters import hidden_in
from audit import outbox
from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tenants.services.keys import make_key
from tenants.services.tenants import resume_everything, stop_everything
from tests.fakes.sink import HttpSink
from tests.world import REQUEST, Client, make_world
from workflows.models import Run

pytestmark = pytest.mark.django_db
EVIL = "pay\u202egnp.exe\u2066\u200b\u3164"
ODD: list[Any] = [
    {"value": "abc", "currency": "USD"},
    {"value": None, "currency": "USD"},
    {"value": [], "currency": "USD"},
    {"value": {}, "currency": {}},
    {"value": True, "currency": "USD"},
    {"value": 100, "currency": "U\u202eSD"},
    {"value": 100, "currency": "ZZZ"},
    {"value": 100, "currency": ["USD"]},
    {"value": 9007199254740991, "currency": "USD"},
    {"value": 1, "currency": "USD", "note": EVIL},
    [[[[]]]],
    {"": {"": EVIL}},
    EVIL,
    "9" * 4000,
    "<script>alert(1)</script>{{ 7*7 }}",
    None,
]
ANSWER = {
    "float": 0.1,
    "money": {"value": 1.5, "currency": "USD"},
    "big": 123456789012345678901234567890,
    "name": EVIL,
    "": [None, {"value": -1, "currency": "JPY"}],
}
LINK = re.compile(r'href="(/t/harbor-pine/[^"#]*)"')


def _api(client: Client, given: dict[str, Any], **more: Any) -> Any:
    with tenant_scope(client.tenant.pk):
        _, key = make_key(name=f"k{EVIL}"[:40], scopes=["runs:write"], actor=client.actor())
    body = {"workflow": "refund-replies", "input": REQUEST | given, **more}
    sent = Browser().post(
        "/api/v1/runs",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert sent.status_code == 201, sent.content
    return sent


def _walk(client: Client, user: User, first: list[str], most: int = 120) -> dict[str, str]:
    """Every page of the client that links lead to, by its address."""
    browser = Browser(raise_request_exception=False)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    seen: dict[str, str] = {}
    waiting = [f"/t/{client.tenant.slug}/{path}" for path in first]
    while waiting and len(seen) < most:
        address = waiting.pop(0)
        if address in seen:
            continue
        answer = browser.get(address, follow=True)
        assert answer.status_code == 200, (address, answer.status_code)
        seen[address] = "" if answer.streaming else answer.content.decode()
        found = [link.replace("&amp;", "&") for link in LINK.findall(seen[address])]
        waiting += [one for one in found if one not in seen and "/admin/" not in one]
    return seen


FIRST = ["review/", "runs/", "exceptions/", "record/", "people/", "workflows/", "stop/"]


def test_every_page_shows_whatever_is_stored() -> None:
    with HttpSink(body=ANSWER) as shop:
        world = make_world(shop=shop.host)
        client = world.harbor
        User.objects.filter(pk=client.owner.pk).update(name=f"Dana {EVIL}")
        given = {f"odd {n}": value for n, value in enumerate(ODD)}
        _api(client, given, asked_by=EVIL[:20])
        _api(client, {"subject": EVIL, f"{EVIL}": 1})
        with tenant_scope(client.tenant.pk):
            Tool.objects.filter(name="mail.send").update(title=f"Mail {EVIL}")
            outbox.drain()
            first, second = ReviewItem.objects.filter(status="waiting").order_by("id")
            actor = client.actor(User.objects.get(pk=client.owner.pk))
            decide(
                first.pk,
                Choice("reject", first.content_hash, reason="other", words=EVIL),
                actor=actor,
            )
            accepted = Choice("accept", second.content_hash)
            decide(second.pk, accepted, actor=actor)
            outbox.drain()
            stop_everything(actor=actor, reason=EVIL)
            resume_everything(actor=actor, reason=EVIL)
            runs = [f"runs/{pk}/" for pk in Run.objects.values_list("pk", flat=True)]
        pages = _walk(client, client.owner, [*FIRST, *runs])
    assert len(pages) > 20
    for address, page in pages.items():
        raw = {f"U+{ord(page[at]):04X}" for at in hidden_in(page) if page[at] not in "\r\f"}
        assert not raw, (address, raw)
    said = "".join(pages.values())
    assert "⟦U+202E⟧" in said
    assert "<script>alert(1)" not in said
    assert Tenant.objects.get(pk=client.tenant.pk).slug in said
