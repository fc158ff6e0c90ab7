"""``{% url %}`` gives the addresses that Django's own tag gives."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.conf import settings
from django.template import engines
from django.urls import (
    NoReverseMatch,
    get_script_prefix,
    reverse,
    set_script_prefix,
    set_urlconf,
)

ITEM, OTHER = UUID(int=7), UUID(int=8)


@pytest.fixture(params=["/t/harbor-pine/", "/t/quill/"])
def prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """A request inside a tenant."""
    former = get_script_prefix()
    set_script_prefix(request.param)
    set_urlconf(settings.TENANT_URLCONF)
    yield request.param
    set_script_prefix(former)
    set_urlconf(None)


def shown(source: str, **given: object) -> str:
    return str(engines["django"].from_string(source).render(given))


@pytest.mark.parametrize("item", [ITEM, OTHER])
def test_an_address_of_an_id_begins_with_the_tenant_of_the_request(prefix: str, item: UUID) -> None:
    assert shown("{% url 'review_item' item %}", item=item) == f"{prefix}review/{item}/"
    assert shown("{% url 'review' %}") == reverse("review") == f"{prefix}review/"


def test_other_arguments_and_names_go_the_way_of_django(prefix: str) -> None:
    assert shown("{% url 'source' name %}", name="orders") == f"{prefix}sources/orders/"
    assert shown("{% url 'review_item' item_id=item %}", item=ITEM) == f"{prefix}review/{ITEM}/"
    assert shown("{% url 'admin:index' %}") == f"{prefix}admin/"


def test_a_route_that_is_not_there_is_an_error_and_empty_with_as(prefix: str) -> None:
    for name in ("nowhere", None, ""):
        with pytest.raises(NoReverseMatch):
            shown("{% url name item %}", name=name, item=ITEM)
    assert shown("{% url 'nowhere' item as found %}[{{ found }}]", item=ITEM) == "[]"
    assert shown("{% url 'review_item' item as found %}{{ found }}", item=ITEM) == (
        f"{prefix}review/{ITEM}/"
    )


def test_the_routes_of_the_request_are_asked() -> None:
    with pytest.raises(NoReverseMatch):
        shown("{% url 'review_item' item %}", item=ITEM)
