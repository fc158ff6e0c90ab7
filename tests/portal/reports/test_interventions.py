"""Moments somebody stepped in, each in one group."""

from uuid import uuid4

from portal.reports.counts import Undone
from portal.reports.interventions import intervention_groups
from tests.portal.reports.decided_kit import row


def test_every_moment_lies_in_exactly_one_group() -> None:
    rows = [
        row("accept"),
        row("reject", reason="tone", words="Too stiff."),
        row("reject", reason="tone"),
        row("correct", words_changed=3),
        row("take_over"),
        row("resolve", kind="exception", reason="retry", title="Refunds: it broke"),
    ]
    act = Undone(uuid4(), "Shop refund", "Refund $5", "Refunded by phone already.")
    found = intervention_groups(rows, [act])
    ids = [one for group in found for one in group.ids]
    assert sorted(ids) == sorted([*(str(r.id) for r in rows[1:]), str(act.id)])
    said = {group.title: group.said for group in found}
    assert said["Refunds: rejected, tone"] == "“Too stiff.”"
    assert said["Refunds: it broke"] == "A person had it try again."
    assert said["Shop refund undone"] == "Refunded by phone already."
    assert found[0].title == "Refunds: rejected, tone"
