"""The schema of definitions is published for everybody."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client as Browser

pytestmark = pytest.mark.django_db
ADDRESS = "/schema/definition.json"


def test_anybody_may_read_the_schema_and_keep_it_for_a_while() -> None:
    answer = Browser().get(ADDRESS)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/schema+json"
    assert "public" in answer["Cache-Control"]
    assert answer.json()["$id"].endswith(ADDRESS)
    again = Browser().get(ADDRESS, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert Browser().post(ADDRESS).status_code == 405


def test_the_command_prints_what_is_published() -> None:
    printed = StringIO()
    call_command("definition_schema", stdout=printed)
    assert printed.getvalue().encode() == Browser().get(ADDRESS).content
