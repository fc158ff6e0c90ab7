"""Every error of the domain has a code, a status and a sentence."""

from typing import get_args

import pytest

from tenants.errors import (
    Conflict,
    DomainError,
    ErrorCode,
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


def test_an_error_without_a_sentence_has_that_of_its_kind() -> None:
    assert str(Forbidden()) == "Your role doesn't allow this. Ask an owner of the business."
    assert NotFound().message == "There is nothing like that here."
    assert NotFound.of("run").message == "There is no such run."


def test_the_codes_are_a_sorted_list_without_repeats() -> None:
    codes = get_args(ErrorCode)
    assert list(codes) == sorted(set(codes))
    assert {kind.code for kind in (Invalid, NotFound, Forbidden, Conflict)} <= set(codes)
