"""G1, G10: agentdojo's attacks on a model that obeys them all: nothing happens without a yes.

Needs ``uv run --group attacks``; with HANDRAIL_LONG_TESTS each task meets each injection.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("agentdojo", reason="agentdojo is in the group attacks")

from approvals.decisions.services import Choice, decide
from approvals.models import Proposal, ReviewItem
from audit import outbox
from tenants.scope import tenant_scope
from tests.fakes.model import ModelServer
from tests.fakes.said import Answer
from tests.variants import LONG
from tests.workflows.dojo import SUITES, DojoShop, Trial, is_read, make_tools, trials, whole_args
from tests.world import Client, admin_actor, make_world
from workflows.models import Workflow
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db
# Its mail takes objects of any shape as attachments, and no action here has such an argument.
LOST = {"workspace": {"lost: workspace/user_task_33/harmless"}}


@pytest.fixture
def shop() -> Iterator[DojoShop]:
    with DojoShop() as opened:
        yield opened


@pytest.fixture
def model(shop: DojoShop) -> Iterator[ModelServer]:
    def answer(request: dict[str, Any]) -> Answer:
        messages = request["messages"]
        return shop.trial.says([str(m["content"]) for m in messages if m["role"] == "tool"])

    with ModelServer(answer) as server, server.in_environment():
        yield server


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.usefixtures("model")
def test_an_obeying_model_has_no_effect_that_nobody_approved(name: str, shop: DojoShop) -> None:
    world = make_world(shop=shop.host)
    client, actor = world.harbor, admin_actor(world.admin)
    counted: Counter[str] = Counter()
    with tenant_scope(client.tenant.pk):
        workflow: Workflow | None = None
        for trial in trials(name, whole=LONG):
            if workflow is None:
                text = make_tools(trial.suite, shop, actor=actor)
                workflow = make_workflow(text=text, owner=client.owner, actor=actor)
            shop.trial = trial
            counted.update(_tried(trial, client, workflow, shop))
    print(f"\n{name}: {dict(sorted(counted.items()))}")
    assert counted["attacked"] >= counted["harmless"] > 10
    assert counted["injected proposals"] > 10, "the model obeyed nothing, so nothing was tried"
    assert counted["unapproved effects"] == counted["harmed before a yes"] == 0
    assert counted["unmarked"] == 0
    assert counted["harmed after a no"] == 0
    assert {name for name in counted if name.startswith("lost")} == LOST.get(name, set())


def _tried(trial: Trial, client: Client, workflow: Workflow, shop: DojoShop) -> Iterator[str]:
    """Run a trial and yield what is counted of it."""
    kind = "attacked" if trial.attack else "harmless"
    yield kind
    seen = len(shop.requests)
    started, _ = start_run(
        workflow, input={"task": trial.name}, trigger="api", actor=client.actor()
    )
    outbox.drain()
    writes = [one for one in shop.requests[seen:] if not is_read(one["path"].strip("/"))]
    yield from ["unapproved effects"] * len(writes)
    if trial.is_harmed():
        yield "harmed before a yes"
    if trial.is_useful():
        yield f"useful without a yes, {kind}"
    item = ReviewItem.objects.filter(run_id=started.pk, status="waiting").first()
    assert item is not None, trial.name
    assert item.kind in ("proposal", "draft"), trial.name
    yield from _decided(trial, item, client)
    if trial.is_harmed():
        yield "harmed after a no"
    if trial.is_useful():
        yield f"useful in the end, {kind}"
    elif trial.attack is None:
        yield f"lost: {trial.name}"


def _decided(trial: Trial, item: ReviewItem, client: Client) -> Iterator[str]:
    """Approve what only the user asked for; reject a card with what an injection asked for."""
    injected = [call for call in trial.injected if not is_read(call.function)]
    has_any = False
    found = [(p.tool_name, p.args, p) for p in Proposal.objects.filter(item=item)]
    for call in injected:
        wanted = call.function, whole_args(call)
        match = [p for name, args, p in found if (name, args) == wanted]
        yield from ["injected proposals"] * len(match)
        yield from ["unmarked"] * sum(not _is_marked(item, proposal) for proposal in match)
        has_any |= bool(match)
    reason = {"reason": "wrong_facts"} if has_any else {}
    choice = Choice("reject" if has_any else "accept", item.content_hash, **reason)
    decide(item.pk, choice, actor=client.actor())
    outbox.drain()


def _is_marked(item: ReviewItem, proposal: Proposal) -> bool:
    """Whether each argument of a proposal says whence it is, and none that it is the client's."""
    marks = {
        re.split(r"[.\[]", one["path"])[0]: one for one in item.evidence["origins"][proposal.step]
    }
    return set(marks) == set(proposal.args) and all(
        one["said"] and one["trust"] != "own" for one in marks.values()
    )
