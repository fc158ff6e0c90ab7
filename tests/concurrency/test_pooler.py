"""Web and worker behind PgBouncer in transaction mode: nothing may rest on a session's state."""

import os
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
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
from tests.world import PASSWORD, REQUEST, make_world
from workflows.models import Run

pytestmark = pytest.mark.usefixtures("committed")
REQUIRED = os.environ.get("HANDRAIL_POOLER_TESTS") == "required"
LANES, THREADS, CONNECTIONS = 12, 8, 3
OWNER = "owner@harbor-pine.example"


def test_people_clients_and_lanes_share_a_few_connections(tmp_path: Path) -> None:
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
        with ThreadPoolExecutor(THREADS) as pool:
            signed_in = Counter(pool.map(lambda n: _sign_in(address, n), range(10)))
            known, unknown = f"{address}/t/harbor-pine/review/", f"{address}/accounts/login/"
            assert signed_in == {(200, known): 5, (200, unknown): 5}
            headers = {"Authorization": f"Bearer {key_of(client)}"}
            body = {"workflow": "refund-replies", "input": REQUEST}

            def ask(number: int) -> int:
                more = {"Idempotency-Key": f"mail-{number}"}
                return httpx.post(address + RUNS, json=body, headers=headers | more).status_code

            # Each is sent twice, as a client does that heard no answer.
            answers = Counter(pool.map(ask, [*range(LANES), *range(LANES)]))
            assert answers.total() == answers[200] + answers[201] == 2 * LANES

        pending = f"{ITEMS}?status=waiting&kind=proposal"

        def waiting() -> int:
            return len(httpx.get(address + pending, headers=headers).json()["results"])

        wait_until(lambda: waiting() == LANES, seconds=60, what="every draft waits")
        with tenant_scope(client.tenant.pk):
            for item in ReviewItem.objects.all():
                decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())

        def done() -> int:
            with tenant_scope(client.tenant.pk):
                return Run.objects.filter(status="done").count()

        wait_until(lambda: done() == LANES, seconds=60, what="every run is done")
        assert len(shop.effects_by_key) == len(post.messages) == LANES
        with tenant_scope(client.tenant.pk):
            assert set(Proposal.objects.values_list("status", flat=True)) == {"executed"}
        errors = [log for log in tmp_path.glob("*.log") if "Traceback" in log.read_text()]
        assert not errors, errors[0].read_text()[-3000:]


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
