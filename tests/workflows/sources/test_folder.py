"""Files of a folder get names that stay, and only what is new is published."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenants.errors import Conflict
from tenants.scope import tenant_scope
from tests.world import Client, make_world
from workflows.sources.folder import command_line_actor, files_of_folder, grant_sources


@pytest.fixture
def client(db: None) -> Iterator[Client]:
    """A client, inside its scope."""
    found = make_world().harbor
    with tenant_scope(found.tenant.pk):
        yield found


def test_a_name_is_made_of_the_path(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for shown in ("A Policy.v2.md", "b/Price_list.csv", "7.txt", ".hidden.md"):
        (tmp_path / shown).write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config.txt").write_text("x")
    found = {one.shown: (one.name, one.kind) for one in files_of_folder(tmp_path)}
    assert found == {
        "7.txt": ("file-7", "document"),
        "A Policy.v2.md": ("a-policy-v2", "document"),
        "b/Price_list.csv": ("b-price-list", "records"),
    }


def test_a_name_that_is_taken_gets_a_part_of_its_own(tmp_path: Path) -> None:
    for shown in ("a.md", "a.txt", f"{'word-' * 12}.md"):
        (tmp_path / shown).write_text("x")
    first = [one.name for one in files_of_folder(tmp_path)]
    assert first[0] == "a"
    assert first[1].startswith("a-")
    assert all(len(name) <= 40 for name in first)
    assert first == [one.name for one in files_of_folder(tmp_path)]


def test_only_what_is_new_is_published(client: Client) -> None:
    actor = command_line_actor(client.workflow)
    assert grant_sources(client.workflow, ["orders"], actor=actor) is None


@pytest.mark.django_db
def test_nothing_is_granted_to_a_workflow_that_was_never_published() -> None:
    client = make_world().harbor
    with tenant_scope(client.tenant.pk):
        client.workflow.live = None
        client.workflow.save(update_fields=["live"])
        with pytest.raises(Conflict):
            grant_sources(client.workflow, ["x"], actor=command_line_actor(client.workflow))
