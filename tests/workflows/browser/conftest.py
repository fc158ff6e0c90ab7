"""Sites that tests' pages stand on."""

from collections.abc import Iterator

import pytest

from tests.fakes.pages import PageServer
from tests.workflows.browser.page_kit import FORM, SENT


@pytest.fixture
def site() -> Iterator[PageServer]:
    with PageServer({"/": FORM, "/send": SENT}) as made:
        yield made


@pytest.fixture
def other() -> Iterator[PageServer]:
    """Another site that may be called from here, but is not among the client's hosts."""
    with PageServer({"/": b"<p>other</p>"}) as made:
        yield made
