"""Addresses of a client's pages, inside a request and in mails."""

from typing import Any
from uuid import UUID

import pytest
from django.urls import get_script_prefix, set_script_prefix

from portal.links import Links, inside, outside
from tests.approvals.unsaved import unsaved_item

MAIL = Links("https://handrail.example/t/harbor-pine/")
ID = "00000000-0000-0000-0000-000000000007"


def test_a_mail_leads_to_the_deployments_own_address(settings: Any) -> None:
    settings.BASE_URL = "https://handrail.example"
    assert outside("harbor-pine") == MAIL.root


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (MAIL.queue(), "review/"),
        (MAIL.record(), "record/"),
        (MAIL.notices(), "notices/"),
        (MAIL.report("2026-11-09"), "reports/2026-11-09/"),
        (MAIL.items("2026-11-09", "accepted"), "reports/2026-11-09/accepted/"),
        (MAIL.page("item", ID), f"review/{ID}/"),
        (MAIL.page("run", ID), f"runs/{ID}/"),
        (MAIL.page("source", "returns-policy"), "sources/returns-policy/"),
        (MAIL.page("workflow", "refund-replies"), "workflows/refund-replies/"),
    ],
)
def test_a_page_has_an_address_under_its_client(url: str, path: str) -> None:
    assert url == MAIL.root + path


def test_an_approval_by_mail_names_the_content_that_was_seen() -> None:
    item = unsaved_item(id=UUID(ID), content_hash="abc")
    assert MAIL.confirm(item) == f"{MAIL.page('item', ID)}confirm/?seen=abc"


def test_what_no_page_can_have_has_no_address() -> None:
    assert MAIL.page("item", "nonsense") == ""
    assert MAIL.page("source", "") == ""


def test_a_link_in_a_page_begins_with_the_requests_client_once() -> None:
    former = get_script_prefix()
    set_script_prefix("/t/quill-books/")
    try:
        assert Links(inside()).queue() == "/t/quill-books/review/"
    finally:
        set_script_prefix(former)
