"""Places of servers: an address or a command, and what may carry a secret there."""

import pytest

from tenants.errors import Invalid
from workflows.mcp.settings import ServerPlace, check_place

GOOD = [
    ServerPlace(address="https://shop.example/mcp"),
    ServerPlace(address="https://shop.example/mcp", secret="shop"),
    ServerPlace(address="https://shop.example/mcp", secret="shop", carrier="X-Api-Key"),
    ServerPlace(command="time"),
    ServerPlace(command="time", secret="shop", carrier="SHOP_TOKEN"),
]
BAD = [
    ServerPlace(),
    ServerPlace(address="https://shop.example/mcp", command="time"),
    ServerPlace(address="ftp://shop.example/mcp"),
    ServerPlace(address="shop.example"),
    ServerPlace(address="https://shop.example/mcp", carrier="X-Api-Key"),
    ServerPlace(address="https://shop.example/mcp", secret="shop", carrier="Host"),
    ServerPlace(address="https://shop.example/mcp", secret="shop", carrier="Mcp-Method"),
    ServerPlace(address="https://shop.example/mcp", secret="shop", carrier="a b"),
    ServerPlace(command="time", secret="shop"),
    ServerPlace(command="time", secret="shop", carrier="LD_PRELOAD"),
    ServerPlace(command="time", secret="shop", carrier="PYTHONPATH"),
    ServerPlace(command="time", secret="shop", carrier="x"),
]


@pytest.mark.parametrize("place", GOOD)
def test_a_place_that_can_be_called_is_taken(place: ServerPlace) -> None:
    check_place(place)


@pytest.mark.parametrize("place", BAD)
def test_a_place_that_can_not_is_refused(place: ServerPlace) -> None:
    with pytest.raises(Invalid):
        check_place(place)


def test_a_place_is_named_in_pins() -> None:
    assert GOOD[0].text == "https://shop.example/mcp"
    assert GOOD[3].text == "command:time"
