"""Twenty workers ask for the token of one connection at once: it is renewed once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections as databases

from audit import outbox
from audit.worker import schedule
from tenants import clock
from tenants.credentials.connection_tokens import sealed
from tenants.models import OAuthConnection, Secret
from tenants.models.connections import CONNECTED
from tenants.scope import tenant_scope
from tenants.services.keys import reveal_secret
from tenants.services.tenants import change_tenant
from tests.fakes.authorization import AuthorizationFake, Token
from tests.world import make_world
from workflows.oauth.renewing import delay_for
from workflows.oauth.storing import RENEW

WORKERS = 20
ADDRESS = "https://api.example/v2"


@pytest.mark.usefixtures("committed")
def test_twenty_workers_renew_a_token_once(issuer: AuthorizationFake) -> None:
    world = make_world()
    tenant = world.harbor.tenant
    issuer.clients["us"] = ""
    issuer.refreshes["the-refresh"] = Token("us", ADDRESS, "")
    with tenant_scope(tenant.pk):
        hosts = [*tenant.allowed_hosts, issuer.host]
        change_tenant(tenant, actor=world.staff(world.harbor), allowed_hosts=hosts)
        secret = Secret(name="crm", ciphertext=b"", kind="oauth")
        secret.save(force_insert=True)
        row = OAuthConnection(
            secret=secret,
            address=ADDRESS,
            issuer=issuer.url,
            is_issuer_given=True,
            client_id="us",
            client_auth="none",
            metadata={
                "issuer": issuer.url,
                "token_endpoint": f"{issuer.url}/token",
                "auth_methods": ["none"],
            },
            state=CONNECTED,
            access=sealed("the-former-token"),
            refresh=sealed("the-refresh"),
            expires_at=clock.now() - timedelta(minutes=1),
        )
        row.save(force_insert=True)
    together = threading.Barrier(WORKERS)

    def work(number: int) -> str:
        try:
            together.wait(30)
            for _ in range(200):
                with tenant_scope(tenant.pk):
                    wait = delay_for("crm")
                    if wait is None:
                        return reveal_secret("crm", ADDRESS)
                outbox.handle(schedule.row_id(RENEW, row.pk))
            return ""
        finally:
            databases.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        found = set(pool.map(work, range(WORKERS)))
    assert issuer.grants() == ["refresh_token"]
    assert len(found) == 1
    assert found <= issuer.tokens.keys()
