"""What must be true of a client's rows whatever happened to processes and servers."""

from collections import Counter
from typing import Any

from django.db.models import Count, F

from approvals.models import Decision, Permit, Proposal
from audit.models import Event, Outbox
from audit.services.seals import first_broken, seal
from tenants.scope import current_tenant_id, tenant_scope
from workflows.models import Call, Run

# What stays owed although no run is under way: looks that come back, times of items.
STANDING = ("item.expire", "run.stalled", "report.make", "record.seal", "notices.look")
BEGUN = ("executing", "executed", "in_doubt", "failed", "undone")
ENDED = ("done", "failed", "cancelled")


def owed() -> list[Any]:
    """Rows of the scope's tenant that some run waits for."""
    rows = Outbox.objects.filter(tenant_id=current_tenant_id()).exclude(topic__in=STANDING)
    return list(rows.values_list("topic", "failures", "parked_at", "lease_until", "due_at"))


def check_always() -> None:
    """Fail where a promise is broken that holds at every moment. Inside a scope."""
    twice = Call.objects.filter(status="done", step__kind="generate")
    assert not _doubled(twice, "step_id"), "a finished model call was made again"
    assert not _doubled(Call.objects.filter(kind="tool", status="done"), "key"), "effect twice"
    assert not _doubled(Decision.objects.all(), "item_id"), "an item was decided twice"
    permits = Permit.objects.filter(status="redeemed").values_list("proposal_id", flat=True)
    redeemed = Counter(permits)
    assert set(redeemed.values()) <= {1}, "a permit was redeemed twice"
    begun = set(Proposal.objects.filter(status__in=BEGUN).values_list("pk", flat=True))
    assert begun <= set(redeemed), "an effect without a permit"
    after = Proposal.objects.filter(pk__in=set(redeemed) - begun)
    assert {p.status for p in after} <= {"superseded"}, "a permit without an effect"
    began = Event.objects.filter(verb="effect.started").values_list("object_id", flat=True)
    assert Counter(map(str, began)) == Counter(map(str, redeemed)), "started, and not once"


def _doubled(rows: Any, by: str) -> list[Any]:
    return list(rows.order_by().values(by).annotate(n=Count("id")).filter(n__gt=1))


def check_at_rest(tenant_id: Any, *, runs: int) -> None:
    """Fail unless every run ended, nobody is owed anything, and the record is whole."""
    with tenant_scope(tenant_id):
        check_always()
        found = Counter(Run.objects.values_list("status", flat=True))
        assert sum(found.values()) == runs, found
        assert set(found) <= set(ENDED), found
        assert owed() == []
        assert not Call.objects.filter(status="intended").exists()
        assert not Proposal.objects.filter(status__in=("approved", "executing")).exists()
        ends = Event.objects.filter(verb__in=("run.finished", "run.failed", "run.cancelled"))
        ends = ends.values("object_id").annotate(n=Count("id"))
        assert ends.count() == runs
        late = Call.objects.filter(status="done", step__replaced_at=None)
        assert not late.exclude(run_id=F("step__run_id")).exists()
    with tenant_scope(tenant_id):
        seal()
    with tenant_scope(tenant_id):
        assert first_broken() is None
