"""A token goes to the address it was issued for, and below it."""

import pytest

from tenants.credentials.token_addresses import covers


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example/v2",
        "https://api.example/v2/",
        "https://api.example:443/v2/orders?x=1",
        "https://API.example/v2/orders",
        "https://api.example/v2/New%20York/{order}",
        "https://api.example/v2/Z%C3%BCrich/50%25;v=1",
    ],
)
def test_what_lies_below_is_covered(url: str) -> None:
    assert covers("https://api.example/v2", url)
    assert covers("https://api.example/v2/", url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/v2",
        "https://api.example:8443/v2",
        "https://api.example.evil.example/v2",
        "https://evil.example/v2",
        "https://api.example/v20",
        "https://api.example/",
        "https://api.example/v2/../admin",
        "https://api.example/v2/%2e%2e/admin",
        "https://api.example/v2//x",
        "https://api.example/v2/..;/admin",
        "https://api.example/v2/..;a=1/admin",
        "https://api.example/v2/%252e%252e/admin",
        "https://api.example/v2/%25252e%25252e/admin",
        "https://api.example/v2/..%3b/admin",
        "https://api.example/v2/..%00/admin",
        "https://api.example/v2/%c0%ae%c0%ae/admin",
        "https://api.example/v2/\uff0e\uff0e/admin",
        "https://api.example/v2/%EF%BC%8E%EF%BC%8E/admin",
        "https://api.example/v2/x%EF%BC%8F..%EF%BC%8Fadmin",
        "https://api.example./v2/x",
        "https://user:word@api.example/v2/x",
        "https://api.example@evil.example/v2",
        "https://api.example\\@evil.example/v2",
        "nonsense",
        "",
    ],
)
def test_anything_else_is_not(url: str) -> None:
    """G4: no credential across hosts."""
    assert not covers("https://api.example/v2", url)


def test_a_bare_host_covers_all_of_it() -> None:
    assert covers("https://api.example", "https://api.example/v2/x")
    assert covers("https://api.example/", "https://api.example")
