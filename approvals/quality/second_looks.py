"""Second looks ask another person, blind, about a random few accepted items."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac

from approvals import queries
from approvals.models import DecisionChoice, ItemRevision, ReviewItem, SecondLook, SignOff
from approvals.review.visibility import by_roles
from approvals.rules import quality_metrics
from approvals.rules.reasons import REASONS
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import SYSTEM, Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.roles import Capability

TOPIC = "quality.look"
OPEN_FOR = timedelta(days=7)
KINDS = ("draft", "proposal")
OPINIONS = (DecisionChoice.ACCEPT, DecisionChoice.CORRECT, DecisionChoice.REJECT)


def needs_second_look(item: ReviewItem, tenant: Tenant) -> bool:
    """Return whether an item that was just decided is drawn for a second look. No query."""
    if not tenant.second_looks or item.planted or item.kind not in KINDS:
        return False
    if item.choice not in quality_metrics.AGREES:
        return False
    return quality_metrics.is_drawn(_key(tenant.pk), item.pk, tenant.second_looks)


def _key(tenant_id: UUID) -> bytes:
    """Return the tenant's key for the drawing, which only this deployment knows."""
    return salted_hmac("approvals.second_looks", str(tenant_id)).digest()


def make_second_look(claim: outbox.Claim) -> None:
    """Open a second look at an item, if another person can be asked.

    Handler of ``quality.look``.
    """
    item = ReviewItem.objects.filter(pk=claim.object_id, status="decided").first()
    if item is None or item.choice not in quality_metrics.AGREES:
        return  # the decision was withdrawn, or made again with another choice
    if SecondLook.objects.filter(item=item).exists():
        return
    people = queries.people().as_of(item.workflow_id)
    decides = {one.id for one in people if one.role == "owner" or (one.may_decide and one.granted)}
    if not decides - _people_involved(item):
        return
    now = clock.now()
    made = SecondLook.objects.create(
        id=uuid7(), item=item, workflow_id=item.workflow_id, made_at=now, due_at=now + OPEN_FOR
    )
    record(Verb.LOOK_ASKED, made.item, actor=SYSTEM)


def _people_involved(item: ReviewItem) -> set[UUID]:
    """Return who decided, signed or edited the item."""
    known = set(SignOff.objects.filter(item=item).values_list("by_id", flat=True))
    known |= set(ItemRevision.objects.filter(item=item).values_list("changed_by_id", flat=True))
    return known | ({item.decided_by_id} if item.decided_by_id else set())


def open_looks_of(actor: Actor) -> QuerySet[SecondLook]:
    """Return the open second looks that this person may answer, the oldest first."""
    where = by_roles(actor) if actor.kind == "person" else None
    found = SecondLook.objects.filter(choice="", due_at__gt=clock.now())
    if where is None:
        return found.none()
    had_a_part = (
        Q(item__decided_by_id=actor.id)
        | Exists(SignOff.objects.filter(item=OuterRef("item"), by_id=actor.id))
        | Exists(ItemRevision.objects.filter(item=OuterRef("item"), changed_by_id=actor.id))
    )
    return found.filter(where).exclude(had_a_part).order_by("made_at", "id")


def answer_second_look(
    look_id: UUID,
    choice: str,
    *,
    reason: str = "",
    words: str = "",
    seconds: int | None = None,
    actor: Actor,
) -> SecondLook:
    """Store what this person would have decided. Nothing about the item changes.

    Raises NotFound, Forbidden for those who may not decide there or had a part in the item,
    Conflict where the look lapsed or was answered, Invalid for a bad choice or reason.
    """
    # Only the look is locked, not the item, on which decisions and jobs may be waiting.
    looks = SecondLook.objects.select_for_update(of=("self",)).select_related("item")
    found = get_or_not_found(looks, "second look", pk=look_id)
    _check(found, actor)
    if choice not in OPINIONS:
        raise Invalid("Choose what you would have decided.", code="bad_choice")
    if choice == "reject" and reason not in REASONS:
        raise Invalid("Say why: choose a reason from the list.", code="no_reason")
    if reason == "other" and choice == "reject" and not words.strip():
        raise Invalid("“Other” needs a few words.", code="no_words")
    found.by_id, found.at, found.choice = actor.person_id, clock.now(), choice
    found.reason = reason if choice == "reject" else ""
    found.words, found.seconds = words, seconds
    found.save()
    agrees = choice in quality_metrics.AGREES
    verb = Verb.LOOK_AGREED if agrees else Verb.LOOK_DISAGREED
    record(verb, found.item, actor=actor, reason=REASONS.get(found.reason, ""))
    return found


def require_second_reader(look: SecondLook, actor: Actor) -> None:
    """Raise what ``answer_second_look`` raises where the actor may not read ``look``.

    An answered look is also open to the person who answered it, to the provider's staff and to
    people who may set policies.
    """
    if look.choice and (actor.id == look.by_id or actor.kind == "staff"):
        return
    if look.choice and actor.has(Capability.SET_POLICIES):
        return
    _check(look, actor)


def _check(look: SecondLook, actor: Actor) -> None:
    if actor.kind != "person":
        raise Forbidden("Only the client's people look a second time.", code="role")
    access.require(actor, Capability.DECIDE, look.workflow_id)
    if actor.id in _people_involved(look.item):
        raise Forbidden("You had a part in this, so somebody else looks again.", code="apart")
    if look.choice:
        raise Conflict("Somebody looked at this a second time already.", code="already_looked")
    if clock.now() >= look.due_at:
        raise Conflict("The time for this second look is over.", code="expired")


def lapse_all() -> None:
    """Let the tenant's unanswered second looks lapse now."""
    now = clock.now()
    SecondLook.objects.filter(choice="", due_at__gt=now).update(due_at=now)
