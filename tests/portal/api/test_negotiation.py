"""A client gets the one format that a view has, and a choice only where there is one."""

import pytest
from django.test import Client as Http

from tests.portal.api.api_kit import RUNS, key_of, send
from tests.world import make_world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=0.9", "*/*", "nonsense"])
def test_whatever_a_client_accepts_it_gets_json(accept: str) -> None:
    answer = send(key_of(make_world().harbor), "GET", RUNS, Accept=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_the_schema_comes_in_the_format_that_a_client_accepts() -> None:
    for accept in ("application/vnd.oai.openapi+json", "application/vnd.oai.openapi"):
        answer = Http().get("/api/v1/schema/", headers={"Accept": accept})
        assert answer["Content-Type"].partition(";")[0] == accept
