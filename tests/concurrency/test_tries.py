"""Tries of deployments with real workers: one of them asks, through LiteLLM too, and once."""

from pathlib import Path

import pytest

from tests.fakes.model import ModelServer
from tests.processes import processes, wait_until
from tests.workflows.routing.routing_kit import TABLE, let_hold, table_with
from tests.world import make_world
from workflows.models import DeploymentTry
from workflows.routing.tries import runner
from workflows.routing.tries.services import request_try

pytestmark = pytest.mark.usefixtures("committed")
DIRECT, BY_LITELLM = "openai/own", "hosted_vllm/own"
ANSWER = {"text": "Here.", "ready": True}


def test_of_two_workers_one_asks_and_what_it_loses_is_not_asked_again(tmp_path: Path) -> None:
    admin = make_world().admin
    own = [{"name": name, "title": "ours"} for name in (DIRECT, BY_LITELLM)]
    let_hold(table_with(deployments=[*TABLE["deployments"], *own]), admin)
    with ModelServer([ANSWER]) as model:
        env = {**model.environment, "HOSTED_VLLM_API_BASE": model.url}
        with processes(tmp_path, **env) as run:
            workers = [run.worker(), run.worker()]
            for asked, name in enumerate((DIRECT, BY_LITELLM), 1):
                request_try(name, by=admin)
                over = DeploymentTry.objects.exclude(ended_at=None).filter(name=name).exists
                wait_until(over, seconds=60, what=f"{name} was asked")
                made = DeploymentTry.objects.get(name=name)
                assert (made.problem, made.misfit, made.cost_micros) == ("", "", None)
                assert len(model.requests) == asked

            model.delay = 60
            request_try(DIRECT, by=admin)
            wait_until(lambda: len(model.requests) == 3, seconds=20, what="the model is asked")
            for worker in workers:
                worker.kill()
            begun = DeploymentTry.objects.get(ended_at=None).begun_at
            assert begun is not None
            DeploymentTry.objects.filter(ended_at=None).update(begun_at=begun - runner.LOST_AFTER)
            run.worker()
            lost = DeploymentTry.objects.filter(problem=runner.LOST).exists
            wait_until(lost, seconds=40, what="the try is over")
            assert len(model.requests) == 3
