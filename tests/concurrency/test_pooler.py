"""Web and worker behind PgBouncer in transaction mode: nothing may rest on a session's state."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis

from approvals.decisions.services import Choice, decide
from approvals.models import Proposal, ReviewItem
from tenants.scope import tenant_scope
from tests import pgbouncer
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.portal.api.api_kit import ITEMS, RUNS, key_of
from tests.processes import processes, wait_until
from tests.servers import database, super_url
from tests.world import PASSWORD, REQUEST, Client, make_world
from workflows.models import Run

pytestmark = pytest.mark.usefixtures("committed")
REQUIRED = os.environ.get("HANDRAIL_POOLER_TESTS") == "required"
LANES, THREADS, CONNECTIONS = 12, 8, 3
OWNER = "owner@harbor-pine.example"


@dataclass(slots=True)
class Pooled:
    """A web of two processes, a worker and a client, all of them behind the pooler."""

    address: str
    client: Client
    shop: HttpSink
    post: SmtpSink
    logs: Path


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[Pooled]:
    if pgbouncer.program() is None:
        if REQUIRED:
            pytest.fail("PgBouncer is needed here and not installed.")
        pytest.skip("There is no PgBouncer on this machine: install it to run this test.")
    with redis.Redis.from_url(os.environ["BROKER_URL"]) as broker:
        broker.flushdb()
    with (
        HttpSink() as shop,
        SmtpSink() as post,
        tempfile.TemporaryDirectory(prefix="handrail-pooler-") as open_folder,
        processes(tmp_path, HANDRAIL_SMTP_PORT=str(post.port)) as run,
    ):
        client = make_world(shop=shop.host).harbor
        client.owner.set_password(PASSWORD)
        client.owner.save()
        assert client.owner.email == OWNER
        Path(open_folder).chmod(0o755)  # PgBouncer runs as another user than root
        folder = Path(open_folder) / "pgbouncer"
        pgbouncer.put_between(run, super_url(database()), folder, connections=CONNECTIONS)
        address = run.web(processes=2)
        run.worker()
        yield Pooled(address, client, shop, post, tmp_path)


def test_people_clients_and_lanes_share_a_few_connections(pooled: Pooled) -> None:
    address = pooled.address
    with ThreadPoolExecutor(THREADS) as pool:
        signed_in = Counter(pool.map(lambda n: _sign_in(address, n), range(10)))
    known, unknown = f"{address}/t/harbor-pine/review/", f"{address}/accounts/login/"
    assert signed_in == {(200, known): 5, (200, unknown): 5}
    _run_lanes(pooled)
    errors = [log for log in pooled.logs.glob("*.log") if "Traceback" in log.read_text()]
    assert not errors, errors[0].read_text()[-3000:]


def _run_lanes(pooled: Pooled) -> None:
    """Start lanes over the API, each sent twice, approve each, and let each end."""
    client, address = pooled.client, pooled.address
    headers = {"Authorization": f"Bearer {key_of(client)}"}
    body = {"workflow": "refund-replies", "input": REQUEST}

    def ask(number: int) -> int:
        more = {"Idempotency-Key": f"mail-{number}"}
        return httpx.post(address + RUNS, json=body, headers=headers | more).status_code

    def waiting() -> int:
        pending = f"{address}{ITEMS}?status=waiting&kind=proposal"
        return len(httpx.get(pending, headers=headers).json()["results"])

    def done() -> int:
        with tenant_scope(client.tenant.pk):
            return Run.objects.filter(status="done").count()

    with ThreadPoolExecutor(THREADS) as pool:
        answers = Counter(pool.map(ask, [*range(LANES), *range(LANES)]))
    assert answers.total() == answers[200] + answers[201] == 2 * LANES
    wait_until(lambda: waiting() == LANES, seconds=60, what="every draft waits")
    with tenant_scope(client.tenant.pk):
        for item in ReviewItem.objects.all():
            decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())
    wait_until(lambda: done() == LANES, seconds=60, what="every run is done")
    assert len(pooled.shop.effects_by_key) == len(pooled.post.messages) == LANES
    with tenant_scope(client.tenant.pk):
        assert set(Proposal.objects.values_list("status", flat=True)) == {"executed"}


def _sign_in(address: str, number: int) -> tuple[int, str]:
    """Sign in as the owner, or for odd numbers as nobody that exists; where it led."""
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        browser.get(f"{address}/accounts/login/")
        email = f"nobody-{number}@nowhere.example" if number % 2 else OWNER
        given = {
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            "login": email,
            "password": PASSWORD,
        }
        answer = browser.post(f"{address}/accounts/login/", data=given)
        return answer.status_code, str(answer.url)
