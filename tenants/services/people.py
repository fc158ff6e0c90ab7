"""People are invited, join, change role and leave here."""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from tenants import access, clock, roles
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid, NotFound
from tenants.mail.identity import mailbox_of
from tenants.models import Invitation, Membership, Tenant, User
from tenants.recording import record_act
from tenants.roles import Capability
from tenants.scope import current_tenant_id, tenant_scope

INVITATION_DAYS = 7
_SALT = "tenants.invitation"


def invite(*, email: str, role: str, actor: Actor) -> Invitation:
    """Invite a person into the tenant. The caller mails the link.

    Raises Forbidden, Invalid for a bad address or role, Conflict for a member or an open
    invitation.
    """
    access.require_manage_people(actor)
    email = email.strip().lower()
    _check_invitation(email, role)
    members = Membership.objects.filter(tenant_id=current_tenant_id(), user__email=email)
    if members.filter(is_active=True).exists():
        raise Conflict(f"{email} is a member already.", code="already_member")
    try:
        # A savepoint: after an IntegrityError the caller's transaction must still work.
        with transaction.atomic():
            invitation = Invitation.objects.create(
                tenant_id=current_tenant_id(),
                email=email,
                role=role,
                invited_by_id=actor.person_id,
                expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
            )
    except IntegrityError as error:
        raise Conflict(
            f"{email} has an open invitation. Withdraw it to send a new one.",
            code="already_invited",
        ) from error
    record_act("person.invited", invitation, actor=actor, after={"role": role})
    return invitation


def _check_invitation(email: str, role: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid("That is not an e-mail address.", code="bad_email") from error
    if role not in roles.CLIENT_ROLES:
        raise Invalid("Choose owner, approver or viewer.", code="bad_role")
    _check_no_staff(email)


def _check_no_staff(email: str) -> None:
    """Raise Invalid for an address whose mailbox belongs to the provider's staff."""
    domain = email.rpartition("@")[2]
    alike = User.objects.filter(is_staff=True, email__iendswith=f"@{domain}")
    if any(mailbox_of(one) == mailbox_of(email) for one in alike.values_list("email", flat=True)):
        raise Invalid("Staff of the provider are assigned, not invited.", code="staff")


def invitation_token(invitation: Invitation) -> str:
    """Return the signed token that the mailed link carries."""
    return signing.dumps(str(invitation.pk), salt=_SALT)


def get_open_invitation(token: str) -> Invitation:
    """Return the invitation of a link. Raises NotFound unless it is still open."""
    try:
        pk = signing.loads(token, salt=_SALT, max_age=timedelta(days=INVITATION_DAYS))
    except signing.BadSignature as error:
        raise NotFound("This invitation is not valid or has run out. Ask for a new one.") from error
    invitation = Invitation.objects.select_related("tenant", "invited_by").filter(
        pk=pk, accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now()
    )
    found = invitation.first()
    if found is None or not _may_invite_still(found):
        raise NotFound("This invitation was used or withdrawn. Ask for a new one.")
    return found


def _may_invite_still(invitation: Invitation) -> bool:
    """Return whether the person who sent the invitation could do so now.

    The provider invites the first owner; from then on the client's owners manage its people.
    """
    by = invitation.invited_by
    if by.is_staff:  # staff who onboard a client need not be assigned to it
        return by.is_active and not access.has_owner(invitation.tenant_id)
    actor = access.actor_in(by, invitation.tenant)
    return actor is not None and actor.has(Capability.MANAGE_PEOPLE)


def accept_invitation(token: str, user: User) -> Membership:
    """Make the user a member. Raises NotFound, and Invalid for an invitation to another address."""
    invitation = get_open_invitation(token)
    if user.email.lower() != invitation.email.lower():
        raise Invalid(
            f"This invitation is for {invitation.email}. Sign in as that person.",
            code="not_yours",
        )
    if user.is_staff:
        raise Invalid("Staff of the provider are assigned, not invited.", code="staff")
    _check_no_staff(user.email)
    with tenant_scope(invitation.tenant_id):
        taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
        # The guarded update lets one of two requests with the same link win.
        if taken.update(accepted_at=clock.now()) != 1:
            raise NotFound("This invitation was used or withdrawn. Ask for a new one.")
        return add_member(invitation.tenant, user, role=invitation.role)


def join_invited(token: str, *, name: str, password: str) -> User:
    """Make the invited person's account and membership.

    Raises NotFound, and Conflict for a person with an account, who has to sign in instead.
    """
    invitation = get_open_invitation(token)
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=name.strip())
            accept_invitation(token, user)
    except IntegrityError as error:
        raise Conflict(
            f"{invitation.email} has an account already. Sign in with it.", code="has_account"
        ) from error
    return user


def add_member(tenant: Tenant, user: User, *, role: str) -> Membership:
    """Make ``user`` a member, or an active one again. Opens the tenant's scope."""
    with tenant_scope(tenant.pk):
        membership, _ = Membership.objects.update_or_create(
            tenant=tenant, user=user, defaults={"role": role, "is_active": True}
        )
        actor = Actor("person", user.pk, str(user), role)
        record_act("person.joined", membership, actor=actor, after={"role": role})
    return membership


def withdraw_invitation(invitation_id: UUID, *, actor: Actor) -> None:
    """Withdraw an open invitation. Raises Forbidden, NotFound."""
    access.require(actor, Capability.MANAGE_PEOPLE)
    open_ones = Invitation.objects.filter(
        tenant_id=current_tenant_id(), accepted_at=None, withdrawn_at=None
    )
    invitation = get_or_not_found(open_ones, "open invitation", pk=invitation_id)
    invitation.withdrawn_at = clock.now()
    invitation.save(update_fields=["withdrawn_at"])
    record_act("invitation.withdrawn", invitation, actor=actor)


def change_role(membership_id: UUID, *, role: str, actor: Actor) -> None:
    """Give a member another role. Raises Conflict where no owner would be left."""
    access.require_manage_people(actor)
    membership = _member(membership_id)
    if role not in roles.CLIENT_ROLES:
        raise Invalid("Choose owner, approver or viewer.", code="bad_role")
    if role != "owner":
        _require_another_owner(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record_act(
        "person.role_changed",
        membership,
        actor=actor,
        before={"role": before},
        after={"role": role},
    )


def end_membership(membership_id: UUID, *, actor: Actor) -> None:
    """End a membership; history keeps the name. Raises Conflict for the last owner."""
    access.require_manage_people(actor)
    membership = _member(membership_id)
    _require_another_owner(membership)
    membership.is_active = False
    membership.save(update_fields=["is_active"])
    _end_grants_and_invitations(membership, actor)
    record_act("person.left", membership, actor=actor)


def _end_grants_and_invitations(membership: Membership, actor: Actor) -> None:
    """Revoke the person's grants and withdraw their open invitations, for good."""
    access.revoke_all(membership.user, actor=actor)
    theirs = Invitation.objects.filter(
        tenant_id=current_tenant_id(),
        invited_by_id=membership.user_id,
        accepted_at=None,
        withdrawn_at=None,
    )
    for invitation in theirs:
        invitation.withdrawn_at = clock.now()
        invitation.save(update_fields=["withdrawn_at"])
        record_act("invitation.withdrawn", invitation, actor=actor)


def _member(membership_id: UUID) -> Membership:
    rows = Membership.objects.select_for_update(of=("self",)).select_related("user")
    here = rows.filter(tenant_id=current_tenant_id(), is_active=True)
    return get_or_not_found(here, "member", pk=membership_id)


def _require_another_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(
        tenant_id=current_tenant_id(), role="owner", is_active=True, user__is_active=True
    )
    # Locked, so that two owners can't leave at the same time.
    others = [m for m in owners.select_for_update(of=("self",)) if m.pk != membership.pk]
    if membership.role == "owner" and not others:
        raise Conflict("Somebody must stay owner. Make another person owner first.", code="owner")
