"""A source takes another's place from when it has content and is valid, and never in a circle."""

from datetime import timedelta

import pytest

from audit.models import Event
from tenants import clock
from tenants.errors import Forbidden, Invalid
from tenants.models import Source
from tenants.sources.services import SourceDetails, add_revision, add_source, change_source
from tenants.sources.succession import former_of, take_place_of
from tests.world import Client

NEW = b"# Returns\n\nNothing is refunded any more.\n"


def policy() -> Source:
    return Source.objects.get(name="returns-policy")


def added(client: Client, name: str = "returns-2027", **details: object) -> Source:
    return add_source(
        name=name,
        title=name,
        kind="document",
        owner=client.owner,
        actor=client.actor(),
        details=SourceDetails(**details),  # type: ignore[arg-type]
    )


def fill(client: Client, source: Source) -> None:
    add_revision(source, filename="a.md", content=NEW, actor=client.actor())


def test_the_former_source_is_used_until_the_other_one_has_content(client: Client) -> None:
    new = added(client)
    take_place_of(new, policy(), actor=client.actor())
    assert former_of(new) == policy()
    assert not policy().is_stale
    fill(client, new)
    assert policy().unused_because == "Another source has taken its place"
    assert not Source.objects.get(pk=new.pk).is_stale


def test_the_former_source_is_used_until_the_other_one_is_valid(client: Client) -> None:
    now = clock.now()
    new = added(client, valid_from=now + timedelta(days=10))
    take_place_of(new, policy(), actor=client.actor())
    fill(client, new)
    assert not policy().is_stale
    assert Source.objects.get(pk=new.pk).unused_because == "It is not valid yet"
    with clock.at(now + timedelta(days=10)):
        assert policy().is_stale
        assert not Source.objects.get(pk=new.pk).is_stale


def test_a_day_that_is_moved_moves_the_succession(client: Client) -> None:
    now = clock.now()
    new = added(client, valid_from=now + timedelta(days=10))
    fill(client, new)
    take_place_of(new, policy(), actor=client.actor())
    change_source(
        new,
        title=new.title,
        owner=client.owner,
        authority=1,
        max_age_days=90,
        details=SourceDetails(valid_from=now + timedelta(days=20)),
        actor=client.actor(),
    )
    with clock.at(now + timedelta(days=15)):
        assert not policy().is_stale
    with clock.at(now + timedelta(days=20)):
        assert policy().is_stale


def test_a_succession_is_taken_back(client: Client) -> None:
    new = added(client)
    fill(client, new)
    take_place_of(new, policy(), actor=client.actor())
    assert policy().is_stale
    take_place_of(Source.objects.get(pk=new.pk), None, actor=client.actor())
    assert not policy().is_stale
    event = Event.objects.filter(verb="source.changed").latest("id")
    assert event.before == {"takes_the_place_of": policy().title}


def test_two_sources_never_take_each_others_place(client: Client) -> None:
    second, third = added(client, "second"), added(client, "third")
    take_place_of(second, policy(), actor=client.actor())
    take_place_of(third, second, actor=client.actor())
    for newer, former in ((policy(), third), (policy(), policy()), (second, third)):
        with pytest.raises(Invalid, match="takes the place of"):
            take_place_of(newer, former, actor=client.actor())


def test_who_may_not_manage_sources_says_nothing_of_them(client: Client) -> None:
    new = added(client)
    with pytest.raises(Forbidden):
        take_place_of(new, policy(), actor=client.actor(client.viewer))
