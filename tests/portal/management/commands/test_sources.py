"""``manage.py sources add``: a folder becomes sources that a workflow may read."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tenants.models import Revision, Source
from tenants.scope import tenant_scope
from tests.world import World, make_world
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Gift cards.md").write_text("# Gift cards\n\nGift cards are valid for two years.")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "opening_hours.txt").write_text("We open at nine.")
    (tmp_path / ".hidden").write_text("nothing")
    return tmp_path


def add(folder: Path, *more: str, code: int = 0) -> list[str]:
    said = io.StringIO()
    given = ("add", "harbor-pine", str(folder), "--grant", "refund-replies", *more)
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("sources", *given, stdout=said)
        assert ended.value.code == code
    else:
        call_command("sources", *given, stdout=said)
    return said.getvalue().splitlines()


def test_each_file_becomes_a_source_that_the_next_version_may_read(
    world: World, folder: Path
) -> None:
    lines = add(folder)
    assert lines[0].split() == ["added", "gift-cards", "(Gift", "cards.md):", "1", "piece"]
    assert lines[-2:] == ["2 files: 2 added.", "Refund replies, version 2, may read them."]
    with tenant_scope(world.harbor.tenant.pk):
        workflow = Workflow.objects.get(slug="refund-replies")
        assert workflow.live is not None
        assert workflow.live.number == 2
        assert "[returns-policy, orders, gift-cards, sub-opening-hours]" in workflow.live.definition
        source = Source.objects.get(name="gift-cards")
        assert (source.title, source.kind, source.owner) == (
            "Gift cards",
            "document",
            workflow.owner,
        )
        assert source.confirmed_by is None
        assert not source.is_stale


def test_a_file_that_did_not_change_is_not_read_again(world: World, folder: Path) -> None:
    add(folder)
    (folder / "sub" / "opening_hours.txt").write_text("We open at ten.")
    lines = add(folder)
    assert [line.split()[0] for line in lines[:2]] == ["unchanged", "revised"]
    assert lines[-1] == "No new version: Refund replies may read them already."
    with tenant_scope(world.harbor.tenant.pk):
        assert Revision.objects.filter(source__name="gift-cards").count() == 1
        assert Revision.objects.filter(source__name="sub-opening-hours").count() == 2


def test_a_bad_file_is_told_and_hurts_no_other(world: World, folder: Path) -> None:
    (folder / "a.exe").write_bytes(b"MZ")
    (folder / "b.txt").write_bytes(b"\xff\xfe\xfd")
    (folder / "c.csv").write_text("sku,price\nA1,3\n")
    (folder / "empty.txt").write_text("")
    (folder / "orders.txt").write_text("These are no records.")
    lines = add(folder, code=1)
    refused = {line.split()[1]: line for line in lines if line.startswith("refused")}
    assert refused.keys() == {"a", "b", "c", "empty", "orders"}
    assert "--key" in refused["c"]
    assert "of another kind" in refused["orders"]
    assert lines[-2] == "7 files: 2 added, 5 refused."
    with tenant_scope(world.harbor.tenant.pk):
        assert set(Source.objects.values_list("name", flat=True)) >= {"gift-cards"}
        assert not Source.objects.filter(name="empty").exists()


def test_records_are_loaded_by_their_key(world: World, folder: Path) -> None:
    (folder / "prices.csv").write_text("sku,price\nA1,3\nB2,4\n")
    (folder / "bad.json").write_text('[{"price": 3}]')
    lines = add(folder, "--key", "sku", code=1)
    assert any(
        line.startswith("added") and "prices" in line and "2 pieces" in line for line in lines
    )
    assert any(line.startswith("refused") and "has no sku" in line for line in lines)
    with tenant_scope(world.harbor.tenant.pk):
        assert not Source.objects.filter(name="bad").exists()


def test_files_of_one_name_and_long_names_get_names_of_their_own(
    world: World, folder: Path
) -> None:
    for name in ("twin.md", "twin.txt", f"{'long-' * 30}a.txt", f"{'long-' * 30}b.txt", "007.txt"):
        (folder / name).write_text(f"This is {name}.")
    first = [line.split()[1] for line in add(folder)[:7]]
    assert len(set(first)) == 7
    assert all(len(name) <= 40 for name in first)
    assert "file-007" in first
    assert {line.split()[0] for line in add(folder)[:7]} == {"unchanged"}


@pytest.mark.parametrize(
    "given",
    [
        ("nobody", ".", "refund-replies"),
        ("harbor-pine", "./no-such", "refund-replies"),
        ("harbor-pine", ".", "no-such"),
    ],
)
def test_what_is_not_there_is_said(world: World, given: tuple[str, str, str]) -> None:
    client, folder, workflow = given
    with pytest.raises(CommandError) as error:
        call_command("sources", "add", client, folder, "--grant", workflow)
    assert error.value.returncode == 2
