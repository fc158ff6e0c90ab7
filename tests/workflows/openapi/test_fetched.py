"""A worker fetches a document and keeps its operations, or says why it can't."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from audit import outbox
from audit.models import Outbox
from audit.outbox import Claim
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.ids import uuid7
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from tests.lanes import Lane
from tests.workflows.openapi.shop_document import SHOP, one_operation, operations_of
from workflows.models import ImportedDocument, ImportedOperation
from workflows.openapi import fetched
from workflows.openapi.fetched import (
    TOPIC,
    DocumentPlace,
    ReadJob,
    fetch_document,
    get_document,
    read_again,
    read_due_document,
)
from workflows.openapi.reader import ReadDocument


@pytest.fixture
def web() -> Iterator[HttpSink]:
    with HttpSink(body=SHOP) as opened:
        allow(opened.host)
        yield opened


@pytest.fixture
def fetcher(lane: Lane, web: HttpSink) -> "Fetcher":
    staff = lane.world.staff(lane.client)
    hosts = [*lane.tenant().allowed_hosts, web.host]
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=hosts)
    return Fetcher(lane, web)


class Fetcher:
    def __init__(self, lane: Lane, web: HttpSink) -> None:
        self.lane, self.web = lane, web

    def ask(self, **more: str) -> ImportedDocument:
        place = {"api": "shop", "address": f"{self.web.url}/docs/openapi.json"} | more
        return fetch_document(DocumentPlace(**place), actor=self.lane.world.staff(self.lane.client))

    def read(self, **more: str) -> ImportedDocument:
        self.ask(**more)
        outbox.drain()
        return get_document("shop")


def keys() -> list[str]:
    rows = ImportedOperation.objects.order_by("number")
    return [f"{row.value['method']} {row.value['path']}" for row in rows]


def test_its_operations_are_kept_in_order(fetcher: Fetcher) -> None:
    found = fetcher.read()
    assert (found.title, found.problem, found.reading_since) == ("Sample shop", "", None)
    assert keys() == list(operations_of(SHOP))
    [sent] = fetcher.web.requests
    assert (sent["method"], sent["path"]) == ("GET", "/docs/openapi.json")
    assert "Authorization" not in sent["headers"]


def test_a_relative_server_is_at_the_documents_host(fetcher: Fetcher) -> None:
    fetcher.web.body = one_operation({"responses": {}}) | {"servers": [{"url": "/v1"}]}
    fetcher.read()
    assert ImportedOperation.objects.get().value["url"] == f"{fetcher.web.url}/v1/things"
    fetcher.read(base="https://shop.example")
    assert ImportedOperation.objects.get().value["url"] == "https://shop.example/v1/things"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, {}, "Its server answered 404."),
        (500, {}, "Its server answered 500."),
        (200, b"\xff\xfe", "It is no text in UTF-8."),
        (200, b"hello", "It is no object with openapi, info and paths. (#)"),
        (200, {"openapi": "3.1.0"}, "It has no operations. (#/paths)"),
        (200, {"swagger": "2.0"}, "It is a document of Swagger 2."),
    ],
)
def test_what_is_no_document_says_so_and_keeps_what_was_read(
    fetcher: Fetcher, status: int, body: Any, said: str
) -> None:
    before = fetcher.read().read_at
    fetcher.web.status, fetcher.web.body = status, body
    found = fetcher.read()
    assert found.problem.startswith(said)
    assert (found.read_at, len(keys())) == (before, 4)
    fetcher.web.status, fetcher.web.body = 200, SHOP
    assert fetcher.read().problem == ""


def test_a_redirect_is_told_and_not_followed(fetcher: Fetcher) -> None:
    fetcher.web.status = 302
    found = fetcher.read()
    assert found.problem.startswith(("It leads to", "Its server answered 302"))
    assert len(fetcher.web.requests) == 1


def test_a_larger_answer_is_not_read(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "LARGEST_BYTES", 1 << 20)
    fetcher.web.body = json.dumps(SHOP).encode() + b" " * (1 << 20)
    assert fetcher.read().problem == "The answer was larger than 1 MB, so it was not read."


def test_a_host_that_is_not_allowed_is_never_asked(fetcher: Fetcher) -> None:
    with pytest.raises(Invalid) as error:
        fetcher.ask(address="https://other.example/openapi.json")
    assert error.value.code == "host_not_allowed"
    fetcher.ask()
    staff = fetcher.lane.world.staff(fetcher.lane.client)
    change_tenant(fetcher.lane.tenant(), actor=staff, allowed_hosts=[])
    outbox.drain()
    assert "allowed hosts" in get_document("shop").problem
    assert fetcher.web.requests == []


def test_only_who_may_configure_has_one_read(fetcher: Fetcher) -> None:
    place = DocumentPlace("shop", f"{fetcher.web.url}/x")
    with pytest.raises(Forbidden):
        fetch_document(place, actor=fetcher.lane.client.actor())
    assert not ImportedDocument.objects.exists()


def test_read_again_it_holds_what_it_holds_now(fetcher: Fetcher) -> None:
    document = fetcher.read()
    fetcher.web.body = one_operation({"responses": {}})
    read_again(document, actor=fetcher.lane.world.staff(fetcher.lane.client))
    outbox.drain()
    assert keys() == ["POST /things"]
    assert ImportedDocument.objects.count() == 1


@pytest.mark.parametrize("name", ["address", "base", "secret", "header"])
def test_what_was_read_at_another_place_can_not_be_chosen_any_more(
    fetcher: Fetcher, name: str
) -> None:
    """Else a new secret would be declared for, and sent to, the server of the former document."""
    fetcher.read(secret="k")
    other = {"address": f"{fetcher.web.url}/new.json", "base": "https://new.example"}
    found = fetcher.ask(**({"secret": "k"} | {name: other.get(name, "new")}))
    assert (found.read_at, found.title, keys()) == (None, "", [])
    fetcher.web.status = 500
    outbox.drain()
    assert (get_document("shop").read_at, keys()) == (None, [])


def test_a_request_that_comes_while_it_is_read_is_answered(fetcher: Fetcher) -> None:
    """The worker completes the document's one row with the result of the first request."""

    def body(path: str) -> Any:
        return SHOP if path.endswith("new.json") else one_operation({"responses": {}})

    fetcher.web.body = body
    document = fetcher.ask()
    job = read_due_document(Claim(uuid7(), document.tenant_id, TOPIC, document.pk, 1))
    assert isinstance(job, ReadJob)
    clock.pass_time(timedelta(seconds=1))
    again = fetcher.ask(address=f"{fetcher.web.url}/new.json")
    Outbox.objects.filter(topic=TOPIC).delete()
    job.store_result(ReadDocument("Of before", []))
    found = get_document("shop")
    assert (found.title, found.reading_since) == ("", again.reading_since)
    outbox.drain()
    assert get_document("shop").title == "Sample shop"


def test_it_is_deleted_after_thirty_days_and_not_while_it_is_read_again(fetcher: Fetcher) -> None:
    fetcher.read()
    fetcher.lane.pass_time(days=20)
    fetcher.read()
    fetcher.lane.pass_time(days=20)
    assert len(keys()) == 4
    fetcher.lane.pass_time(days=11)
    assert keys() == []
    with pytest.raises(NotFound):
        get_document("shop")


def test_a_client_keeps_only_so_many(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "MOST_DOCUMENTS", 1)
    fetcher.read()
    with pytest.raises(Conflict, match="30 days"):
        fetcher.ask(api="other")
    fetcher.read()


def test_a_job_that_fails_again_and_again_says_so(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(fetched, "_row", broken)
        fetcher.ask()
        for _ in range(5):
            outbox.drain()
            fetcher.lane.pass_time(hours=1)
    assert get_document("shop").problem == fetched.LOST
    assert fetcher.read().problem == ""
