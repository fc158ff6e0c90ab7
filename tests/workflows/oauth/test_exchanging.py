"""A code is exchanged once, whatever becomes of the worker."""

import json

from audit import outbox
from audit.models import Outbox
from tests.fakes.mcp import Reply
from tests.workflows.oauth.oauth_kit import Signing
from workflows.oauth.exchanging import ExchangeJob, exchange_code
from workflows.oauth.services import request_connect
from workflows.oauth.storing import drop_credentials


def claimed(signing: Signing, topic: str) -> outbox.Claim:
    row = Outbox.objects.get(topic=topic)
    found = outbox.claim(row.pk)
    assert found is not None
    return found


def test_a_code_is_exchanged_with_its_verifier_at_the_place_it_came_back_to(
    signing: Signing,
) -> None:
    signing.connect()
    asked = signing.issuer.at("/token")[0].fields
    assert asked["redirect_uri"].startswith("http")
    assert "/oauth/callback/" in asked["redirect_uri"]
    assert len(asked["code_verifier"]) >= 43
    assert signing.row().attempt is None


def test_a_second_worker_does_not_exchange_the_code_again(signing: Signing) -> None:
    """A code that comes twice may make the server take its tokens back."""
    signing.begin()
    signing.answer()
    found = claimed(signing, "oauth.exchange")
    assert isinstance(exchange_code(found), ExchangeJob)
    later = outbox.Claim(found.id, found.tenant_id, found.topic, found.object_id, 2)
    assert exchange_code(later) is None
    assert "stopped in the middle" in signing.row().problem
    assert signing.issuer.at("/token") == []


def test_a_token_that_comes_after_another_attempt_began_is_not_stored(signing: Signing) -> None:
    signing.begin()
    signing.answer()
    job = exchange_code(claimed(signing, "oauth.exchange"))
    assert isinstance(job, ExchangeJob)
    request_connect(signing.row(), actor=signing.staff)
    from tests.workflows.mcp.mcp_kit import alone

    job.store_result(alone(job.perform()))
    assert signing.row().state == "looking"
    assert signing.row().access is None


def test_nothing_is_asked_for_an_attempt_that_is_over(signing: Signing) -> None:
    signing.begin()
    signing.answer()
    found = claimed(signing, "oauth.exchange")
    drop_credentials(signing.row(), why="Another address.")
    assert exchange_code(found) is None


def test_a_token_in_the_body_of_an_error_is_not_repeated(signing: Signing) -> None:
    """G5"""
    leaked = json.dumps({"error": "invalid_grant", "error_description": "refresh-tok-12345678"})
    signing.issuer.bend["/token"] = lambda asked: Reply(400, leaked.encode())
    row = signing.connect()
    assert "does not take the sign-in any more" in row.problem
    assert "tok-1234" not in row.problem
