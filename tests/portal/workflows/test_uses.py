"""A workflow's page says what it may call, and when."""

import pytest

from portal.workflows.uses import used_tools
from tests.portal.agents_kit import waiting_card
from tests.portal.visiting import text, visit
from tests.workflows.definition_kit import parsed


@pytest.mark.django_db
def test_the_tools_of_an_agent_are_listed_with_when_they_are_called() -> None:
    with waiting_card() as lane:
        page = text(visit(lane.client.owner, lane.client).get("workflows/order-agent/"))
    said = " ".join(page.split())
    assert "What it may call" in said
    assert 'Find an order<span class="under">read: by itself</span>' in said
    assert "refund: only once a person approved it" in said


def test_without_tools_nothing_is_asked() -> None:
    """This test has no database."""
    assert used_tools(None, ()) == []
    assert used_tools(parsed("name: facts, retrieve: {query: a}"), ()) == []
