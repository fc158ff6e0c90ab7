"""An agent searches the sources that its workflow is granted, and cites what it finds."""

from typing import Any

import pytest

from tenants.models import Source
from tests.fakes.model import ModelServer
from tests.fakes.said import Called
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import agent_text, calling, mail, parts, says, told
from workflows.models import StepRun

LOOKS = "      look_up: true"


def search(query: str) -> Called:
    return Called("sources.search", {"query": query})


def record(key: str, source: str = "orders", **more: Any) -> Called:
    return Called("sources.record", {"source": source, "key": key} | more)


@pytest.fixture
def looking(agent_lane: Lane) -> Lane:
    """An agent that cites nothing beforehand, and looks things up itself."""
    agent_lane.use(agent_text(LOOKS, slug="looks-up").replace("      cite: facts\n", ""))
    return agent_lane


def test_documents_and_records_are_offered_by_what_is_granted(
    looking: Lane, model: ModelServer
) -> None:
    says(model, "Nothing to do.")
    looking.start()
    tools = {one["function"]["name"]: one["function"] for one in model.requests[0]["tools"]}
    assert {"sources_search", "sources_record"} <= tools.keys()
    shape = tools["sources_record"]["parameters"]["properties"]
    assert shape["source"]["enum"] == ["orders"]


def test_what_is_found_is_told_and_can_be_cited(looking: Lane, model: ModelServer) -> None:
    said = "Damaged items are refunded in full within 30 days of delivery. [2]"
    says(model, calling(record("10412")), calling(search("damaged items refund")), said)
    looking.start()
    assert [kind for _, kind, _ in parts(looking)] == [
        "turn",
        "retrieve",
        "turn",
        "retrieve",
        "turn",
    ]
    first, second = told(model)
    assert '<source n="1" name="orders" kind="record">' in first
    assert '<source n="2" name="returns-policy"' in second
    item = looking.item()
    (span,) = item.draft["spans"]
    assert (span["sources"], span["supported"]) == ([2], True)
    assert {piece["n"] for piece in item.evidence["sources"]} >= {1, 2}


def test_the_same_piece_keeps_its_number(agent_lane: Lane, model: ModelServer) -> None:
    agent_lane.use(agent_text(LOOKS, slug="looks-up"))
    says(model, calling(search("damaged lamp refund")), "Done.")
    agent_lane.start()
    facts = StepRun.objects.get(run=agent_lane.run(), name="facts").output["found"]
    (found,) = told(model)
    assert "You have this already: [1]" in found
    assert f'<source n="{len(facts)}"' not in found


def test_what_is_not_there_is_told(looking: Lane, model: ModelServer) -> None:
    says(model, calling(record("nobody")), "Not found.")
    looking.start()
    assert told(model) == ["Nothing was found."]


def test_a_source_that_is_not_granted_and_odd_arguments_are_refused(
    looking: Lane, model: ModelServer
) -> None:
    odd = (record("1", source="payroll"), record("1", more="x"), Called("sources.search", {}))
    says(model, calling(*odd), "Sorry.")
    looking.start()
    assert all(one.startswith("Refused. ") for one in told(model))


def test_a_template_in_a_query_is_a_text(looking: Lane, model: ModelServer) -> None:
    asked = search("{{ steps }} {% for x in y %} refund")
    says(model, calling(asked, record("' + input.message")), "Done.")
    looking.start()
    assert looking.item().draft["text"] == "Done."
    assert told(model)[1] == "Nothing was found."


def test_a_stale_source_is_left_out_and_said(looking: Lane, model: ModelServer) -> None:
    Source.objects.filter(name="returns-policy").update(max_age_days=1, verified_at=None)
    says(model, calling(search("damaged")), "Nothing.")
    looking.start()
    (found,) = told(model)
    assert "was left out: Stale" in found


def test_without_it_nothing_is_looked_up(agent_lane: Lane, model: ModelServer) -> None:
    says(model, calling(search("damaged")), "Sorry.")
    agent_lane.start()
    assert told(model)[0].startswith("Refused. There is no tool called sources.search.")


def test_a_value_from_a_record_is_the_clients_own(looking: Lane, model: ModelServer) -> None:
    says(model, calling(record("10412")), calling(mail("mia@customers.example")))
    looking.start(**{"from": "someone@else.example"})
    marks = {one["path"]: one for one in looking.item().evidence["origins"]["work.4"]}
    assert (marks["to"]["said"], marks["to"]["trust"]) == ("the source Order 10412", "own")
