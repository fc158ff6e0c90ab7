"""Every error of the domain has a code, a status and a sentence."""

import pytest

from tenants.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopeMissing,
    TooLarge,
)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (DomainError, "error", 400),
        (Invalid, "invalid", 400),
        (NotFound, "not_found", 404),
        (Forbidden, "forbidden", 403),
        (Conflict, "conflict", 409),
        (Refused, "refused", 409),
        (TooLarge, "too_large", 413),
    ],
)
def test_each_kind_has_its_code_and_status(kind: type[DomainError], code: str, status: int) -> None:
    error = kind("Do it otherwise.")
    assert (error.code, error.status, error.message, str(error), error.data) == (
        code,
        status,
        "Do it otherwise.",
        "Do it otherwise.",
        {},
    )


def test_a_code_and_details_may_be_given_and_stay_with_that_error() -> None:
    error = Conflict("It was decided.", code="already_decided", by="Dana")
    assert (error.code, error.status, error.data) == ("already_decided", 409, {"by": "Dana"})
    assert Conflict("It changed.").code == "conflict"


def test_a_refusal_is_a_conflict_and_a_missing_scope_is_nobodys_input() -> None:
    assert issubclass(Refused, Conflict)
    assert not issubclass(ScopeMissing, DomainError)
