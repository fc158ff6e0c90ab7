"""The style guide shows every component, and only to the staff."""

import re

import pytest
from django.test import Client as Browser

from portal.templatetags.components import TONES
from tests.architecture.source import ROOT
from tests.browsing import browser as browser_of
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_the_style_guide_shows_every_tag_and_every_tone(world: World) -> None:
    page = browser_of(world.operator).get("/styleguide/").content.decode()
    for what in ("notice error", "notice warning", "empty", "pager"):
        assert f'class="{what}"' in page
    for colour in set(TONES.values()):
        assert f'class="badge {colour}"' in page
    assert "This field is required." in page


def test_the_style_guide_has_every_variant_of_buttons_cards_and_badges(world: World) -> None:
    sheet = (ROOT / "portal/assets/css/handrail.css").read_text()
    page = browser_of(world.operator).get("/styleguide/").content.decode()
    shown = {tuple(name.split()) for name in re.findall(r'class="([a-z ]+)"', page)}
    variants = set(re.findall(r"^\.(button|card|badge)\.([a-z]+) \{", sheet, re.MULTILINE))
    assert variants - shown == set()


def test_the_style_guide_does_not_exist_for_clients_and_strangers(world: World) -> None:
    assert browser_of(world.harbor.owner).get("/styleguide/").status_code == 404
    assert Browser().get("/styleguide/").status_code == 302
