"""Secrets are kept as they are meant: without what pasting brings along."""

from collections.abc import Iterator

import pytest

from tenants.db.encryption import encrypt
from tenants.errors import Invalid, NotFound
from tenants.models import Secret
from tenants.scope import tenant_scope
from tenants.services.keys import (
    reveal_own_secret,
    reveal_secret,
    set_own_secret,
    set_secret,
)
from tests.world import World, make_world


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        yield made


@pytest.mark.parametrize(
    "pasted",
    [
        "tok 1\n",
        "tok 1\r\n",
        " tok 1 ",
        "\ttok 1",
        "\ufefftok 1",
        "tok 1\u200b",
        "\u00a0tok 1\u2028",
    ],
)
def test_blanks_around_a_secret_are_cut_off_and_those_inside_stay(
    world: World, pasted: str
) -> None:
    set_secret(name="shop", value=pasted, actor=world.staff(world.harbor))
    assert reveal_secret("shop") == "tok 1"
    owner = world.harbor.actor()
    assert owner.id is not None
    set_own_secret("chat", pasted, actor=owner)
    assert reveal_own_secret("chat", owner.id) == "tok 1"


def test_a_secret_of_several_lines_keeps_them(world: World) -> None:
    set_secret(name="key", value="-----BEGIN\nabc\n-----END\n", actor=world.staff(world.harbor))
    assert reveal_secret("key") == "-----BEGIN\nabc\n-----END"


def test_a_secret_that_was_kept_with_its_line_end_is_read_without(world: World) -> None:
    set_secret(name="shop", value="tok-1", actor=world.staff(world.harbor))
    Secret.objects.filter(name="shop").update(ciphertext=encrypt("tok-1\n"))
    assert reveal_secret("shop") == "tok-1"


@pytest.mark.parametrize("empty", ["", " ", "\n", "\u200b"])
def test_nothing_but_blanks_is_no_secret(world: World, empty: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_secret(name="shop", value=empty, actor=world.staff(world.harbor))
    assert refused.value.code == "empty_secret"
    assert not Secret.objects.filter(name="shop").exists()


def test_a_secret_that_is_missing_or_can_not_be_read_is_told_as_that(world: World) -> None:
    """The code leads to the cause: a key is missing, and not that the workflow is wrong."""
    set_secret(name="shop", value="tok-1", actor=world.staff(world.harbor))
    Secret.objects.filter(name="shop").update(ciphertext=b"of another key")
    for name in ("shop", "nothing-here"):
        with pytest.raises(NotFound) as refused:
            reveal_secret(name)
        assert refused.value.code == "no_secret"
