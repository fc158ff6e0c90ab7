"""A deployment in a folder, and why it was refused."""

from pathlib import Path

import pytest

from portal.servers.deployment import Deployment, ServerPlan
from portal.servers.postgres import ServerFailed
from portal.servers.process import free_port


def a_house(folder: Path, **more: object) -> Deployment:
    return Deployment(ServerPlan(folder=folder, port=free_port(), **more), tell=lambda line: None)  # type: ignore[arg-type]


def refusal(house: Deployment) -> str:
    with pytest.raises(ServerFailed) as refused:
        house.start()
    house.stop()
    return str(refused.value)
