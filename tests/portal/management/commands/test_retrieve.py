"""``manage.py retrieve``: what a workflow would be given for each query of a file."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tenants import clock
from tenants.models import Source
from tenants.scope import tenant_scope
from tenants.sources.services import add_revision, add_source
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
DAMAGED = {"id": "q1", "query": "refund for damaged items"}


@pytest.fixture
def world() -> World:
    return make_world()


def asked(folder: Path, *lines: Any, code: int = 0, as_json: bool = True) -> str:
    path = folder / "queries.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n")
    said = io.StringIO()
    given = ["harbor-pine", "refund-replies", "--queries", str(path)]
    given += ["--json"] if as_json else []
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("retrieve", *given, stdout=said)
        assert ended.value.code == code
    else:
        call_command("retrieve", *given, stdout=said)
    return said.getvalue()


def answers(folder: Path, *lines: Any, code: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in asked(folder, *lines, code=code).splitlines()]


def test_each_line_tells_what_the_workflow_is_given(world: World, tmp_path: Path) -> None:
    first, second = answers(tmp_path, DAMAGED, {"query": "quarterly dividend"})
    assert (first["line"], first["id"], first["version"]) == (1, "q1", 1)
    best = first["found"][0]
    assert (best["source"], best["n"]) == ("returns-policy", 1)
    assert best["text"].startswith("Damaged items are refunded")
    assert best["score"] > 0
    assert first["left_out"] == []
    assert (second["line"], second["id"], second["found"]) == (2, None, [])


def test_a_stale_source_and_one_not_granted_are_told(world: World, tmp_path: Path) -> None:
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        policy = Source.objects.get(name="returns-policy")
        policy.verified_at = clock.now() - timedelta(days=policy.max_age_days + 2)
        policy.save(update_fields=["verified_at"])
        actor = client.actor()
        other = add_source(
            name="secret", title="Secret", kind="document", owner=client.owner, actor=actor
        )
        text = b"Damaged items of friends are refunded twice."
        add_revision(other, filename="a.txt", content=text, actor=actor)
    (answer,) = answers(tmp_path, DAMAGED)
    assert answer["found"] == []
    passages = {(one["source"], one["why"]) for one in answer["left_out"] if "position" in one}
    assert ("secret", "Not granted to this workflow") in passages
    assert ("returns-policy", "Stale by 2 days") in passages
    whole = [one for one in answer["left_out"] if "position" not in one]
    assert [(one["source"], one["why"]) for one in whole] == [("returns-policy", "Stale by 2 days")]


def test_what_is_below_the_limit_or_over_the_budget_is_told(world: World, tmp_path: Path) -> None:
    client = world.harbor
    parts = "\n\n".join(f"Damaged lamp number {n}. {'Words follow. ' * 60}" for n in range(12))
    with tenant_scope(client.tenant.pk):
        policy = Source.objects.get(name="returns-policy")
        add_revision(policy, filename="p.txt", content=parts.encode(), actor=client.actor())
    (answer,) = answers(tmp_path, DAMAGED)
    assert len(answer["found"]) == 6
    assert answer["left_out"][-1]["why"] == "Below the limit of 6 passages"
    assert {one["n"] for one in answer["found"]} == set(range(1, 7))


def test_a_bad_line_is_told_with_its_number(world: World, tmp_path: Path) -> None:
    lines = ["{", "[1]", '{"query": 3}', '{"id": "x", "query": " "}', "", DAMAGED]
    found = answers(tmp_path, *lines, code=1)
    assert [one["line"] for one in found] == [1, 2, 3, 4, 6]
    assert found[0]["problem"] == "Line 1: It is not JSON."
    assert all("query" in one["problem"] for one in found[1:4])
    assert found[4]["found"]


def test_without_json_it_reads_as_text(world: World, tmp_path: Path) -> None:
    said = asked(tmp_path, DAMAGED, as_json=False)
    assert said.startswith("1. refund for damaged items\n  [1]")
    assert "Returns policy §1" in said


def test_what_is_not_there_is_said(world: World, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    for given in (
        ("nobody", "refund-replies", "--queries", str(path)),
        ("harbor-pine", "refund-replies", "--queries", str(path)),
    ):
        with pytest.raises(CommandError) as error:
            call_command("retrieve", *given)
        assert error.value.returncode == 2
    path.write_text("{}")
    for given in (
        ("harbor-pine", "no-such", "--queries", str(path)),
        ("harbor-pine", "refund-replies", "--queries", str(path), "--step", "no_such"),
    ):
        with pytest.raises(CommandError) as error:
            call_command("retrieve", *given)
        assert error.value.returncode == 2
