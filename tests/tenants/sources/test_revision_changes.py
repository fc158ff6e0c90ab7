"""What a revision changed: passages by their headings, records by their keys."""

from typing import Any

import pytest

from tenants.models import Revision, Source
from tenants.sources import revision_changes
from tenants.sources.revision_changes import RevisionChanges, revision_changes_between
from tenants.sources.services import add_revision
from tests.world import ORDERS, POLICY, Client


def revised(client: Client, name: str, content: bytes, filename: str) -> RevisionChanges:
    source = Source.objects.get(name=name)
    add_revision(source, filename=filename, content=content, actor=client.actor())
    before, after = Revision.objects.filter(source=source).order_by("number")
    return revision_changes_between(before, after, source.kind)


def pairs(found: RevisionChanges) -> list[tuple[str, Any, Any]]:
    return [
        (one.name, one.before and one.before.text, one.after and one.after.text)
        for one in found.shown
    ]


def test_a_passage_that_changed_stands_beside_what_it_was(client: Client) -> None:
    content = POLICY.replace(b"within 14 days", b"within 21 days") + b"\n## Gifts\n\nNo gifts.\n"
    found = revised(client, "returns-policy", content, "returns.md")
    assert (found.changed, found.added, found.removed, found.total) == (1, 1, 0, 2)
    assert pairs(found) == [
        (
            "Change of mind",
            "Unused items can be returned within 14 days. The customer pays the postage.",
            "Unused items can be returned within 21 days. The customer pays the postage.",
        ),
        ("Gifts", None, "No gifts."),
    ]


def test_what_only_moved_is_no_change(client: Client) -> None:
    head, first, second = POLICY.split(b"## ")
    found = revised(client, "returns-policy", b"## ".join([head, second, first]), "returns.md")
    assert (found.total, found.shown) == (0, [])


def test_what_went_is_told_last(client: Client) -> None:
    found = revised(client, "returns-policy", b"# New\n\nAll is new.\n", "returns.md")
    assert [(name, old is None, new is None) for name, old, new in pairs(found)] == [
        ("New", True, False),
        ("Damaged items", False, True),
        ("Change of mind", False, True),
    ]


def test_records_are_compared_by_their_keys(client: Client) -> None:
    content = ORDERS.replace(b"ceramic lamp", b"brass lamp").replace(b"10414,", b"10415,")
    found = revised(client, "orders", content, "orders.csv")
    assert [(one.name, bool(one.before), bool(one.after)) for one in found.shown] == [
        ("10412", True, True),
        ("10415", False, True),
        ("10414", True, False),
    ]


def test_only_what_is_shown_is_read(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(revision_changes, "MOST_SHOWN", 3)
    content = "".join(f"# H{n}\n\nText {n}.\n\n" for n in range(40)).encode()
    source = Source.objects.get(name="returns-policy")
    add_revision(source, filename="a.md", content=content, actor=client.actor())
    before, after = Revision.objects.filter(source=source).order_by("number")
    with django_assert_num_queries(3):
        found = revision_changes_between(before, after, "document")
    assert (found.added, found.removed, len(found.shown)) == (40, 2, 3)
