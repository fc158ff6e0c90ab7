"""What the database itself refuses of a connection."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tenants.models import OAuthConnection, Secret
from tests.lanes import Lane


def make(name: str = "crm", **fields: Any) -> OAuthConnection:
    secret = Secret(name=name, ciphertext=b"", kind="oauth")
    secret.save(force_insert=True)
    made = OAuthConnection(secret=secret, address="https://api.example", **fields)
    made.save(force_insert=True)
    return made


def test_a_connection_is_called_as_its_secret(lane: Lane) -> None:
    assert str(make()) == "crm"


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "somehow"},
        {"state": "connected"},
        {"state": "connected", "access": b"x"},
        {"state": "connected", "issuer": "https://login.example"},
    ],
)
def test_impossible_pairs_are_refused(lane: Lane, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**fields)


def test_a_secret_has_one_connection_and_a_state_belongs_to_one(lane: Lane) -> None:
    made = make(attempt_hash="a" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        OAuthConnection(secret=made.secret, address="https://b.example").save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        make("other", attempt_hash="a" * 64)
    make("third")
    make("fourth")  # those without an attempt don't meet
