"""API keys and secrets are made, checked and revoked here.

A key reads ``hr_<tenant id>_<prefix>_<secret>``: it carries its tenant, so that the scope can be
entered before the key is looked up behind the wall.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from tenants import access, clock
from tenants.actors import Actor
from tenants.credentials.connection_tokens import OAUTH, connection_token
from tenants.credentials.former_values import former_value
from tenants.db.encryption import decrypt, encrypt
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import ApiKey, Secret
from tenants.recording import record_act
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from tenants.services.key_lookup import find_live_key

# White space of all kinds, and invisible characters.
BLANKS = "".join(map(chr, range(33))) + "\x7f\x85\xa0\u2028\u2029\u200b\u200e\u200f\u2060\ufeff"
OWN = "person-"  # begins the names of secrets that belong to one person

SCOPES = {
    "runs:write": "Start runs",
    "events:write": "Tell runs of events they wait for",
    "runs:read": "Read runs and their results",
    "reviews:read": "Read what waits for review",
}


@dataclass(frozen=True, slots=True)
class RevealedSecret:
    """Text of a credential for one call. ``is_connected``: it is the token of a connection.

    ``former`` is the value before, while the secret is exchanged.
    """

    value: str = field(default="", repr=False)
    is_connected: bool = False
    former: str = field(default="", repr=False)
    name: str = ""

    @property
    def values(self) -> list[str]:
        """The value, and the one before while it serves too."""
        return [one for one in (self.value, self.former) if one]


def make_key(*, name: str, scopes: list[str], actor: Actor) -> tuple[ApiKey, str]:
    """Make an API key. Return it with its text, which is shown once and not stored.

    Raises Forbidden, and Invalid for no scope or an unknown one.
    """
    access.require(actor, Capability.MANAGE_KEYS)
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown or not scopes:
        raise Invalid(f"Choose scopes out of {', '.join(SCOPES)}.", code="bad_scope")
    secret = secrets.token_urlsafe(32).replace("_", "-")
    key = ApiKey(
        name=name.strip() or "key",
        prefix=secrets.token_hex(4),
        secret_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        made_by_id=actor.person_id,
    )
    key.save(force_insert=True)
    record_act("key.made", key, actor=actor, after={"scopes": key.scopes})
    return key, f"hr_{current_tenant_id().hex}_{key.prefix}_{secret}"


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a key's random part: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse_key(text: str) -> tuple[UUID, str, str] | None:
    """Return tenant id, prefix and secret of a key's text; None where it is no key."""
    parts = text.split("_")
    if len(parts) != 4 or parts[0] != "hr":
        return None
    try:
        return UUID(hex=parts[1]), parts[2], parts[3]
    except ValueError:
        return None


def check_key(prefix: str, secret: str) -> ApiKey | None:
    """Return the current tenant's live key with this prefix and secret, or None."""
    key = find_live_key(prefix)
    # compare_digest: the time of the comparison must not reveal how much of the hash fits.
    if key is None or not hmac.compare_digest(key.secret_hash, hash_secret(secret)):
        return None
    today = clock.now().date()
    # One write a day at most, not one a request.
    if key.last_used_on != today:
        ApiKey.objects.filter(Q(pk=key.pk)).update(last_used_on=today)
    return key


def revoke_key(key_id: UUID, *, actor: Actor) -> None:
    """Revoke a key at once. Raises Forbidden, NotFound, Conflict where it is revoked already."""
    access.require(actor, Capability.MANAGE_KEYS)
    key = get_or_not_found(ApiKey.objects.all(), "key", pk=key_id)
    if ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=clock.now()) != 1:
        raise Conflict("This key is revoked already.", code="revoked")
    record_act("key.revoked", key, actor=actor)


def set_secret(
    *,
    name: str,
    value: str,
    actor: Actor,
    environment: str | None = None,
    scope: str | None = None,
) -> Secret:
    """Store a credential encrypted, without the blanks around it.

    Definitions refer to it as ``secret:name``. None keeps what it was declared to be for;
    ``approvals.gate.tool_secrets`` compares that with the tools that name it. Raises Forbidden, and
    Invalid for an empty text.
    """
    access.require(actor, Capability.CONFIGURE)
    if name.startswith(OWN):
        raise Invalid(f"Names that begin with {OWN} are people's own. Choose another.")
    if Secret.objects.filter(name=name, kind=OAUTH).exists():
        said = f"{name} is a connection, whose value its authorization server issues. "
        raise Conflict(f"{said}Choose another name.", code="name_taken")
    ciphertext = encrypt(trimmed_credential(value))
    given = {"environment": environment, "scope": scope}
    declared = {field: text for field, text in given.items() if text is not None}
    secret, _ = Secret.objects.update_or_create(
        name=name,
        defaults={
            "ciphertext": ciphertext,
            "changed_at": clock.now(),
            "former": None,  # whoever sets it at once wants the former one gone
            "former_until": None,
            "former_used_on": None,
            **declared,
        },
    )
    record_act("secret.set", secret, actor=actor, after=declared)
    return secret


def trimmed_credential(value: str) -> str:
    """Return a credential without the blanks, seen or unseen, that pasting brings along."""
    if not (found := value.strip(BLANKS)):
        raise Invalid("The secret is empty. Give its text.", code="empty_secret")
    return found


def _no_secret(why: str) -> NotFound:
    return NotFound(why, code="no_secret")


def reveal_secret(name: str, url: str = "") -> str:
    """Return a credential's text, for a call that is about to be made. Raises NotFound.

    Definitions may name any secret of the client, but none that is a person's own. ``url`` is
    where it goes: the token of a connection goes to no other address than its own, else Invalid.
    """
    return reveal_for_call(name, url).value


def reveal_for_call(name: str, url: str) -> RevealedSecret:
    """Return a credential as ``reveal_secret`` does, with whether it is a connection's token."""
    if name.startswith(OWN):
        raise _no_secret(f"There is no secret called {name}. Add it under this client's secrets.")
    return _reveal(name, url)


def secret_names() -> list[str]:
    """Return the names of the tenant's secrets that its tools may use, sorted."""
    found = Secret.objects.exclude(name__startswith=OWN).order_by("name")
    return list(found.values_list("name", flat=True))


def _reveal(name: str, url: str = "") -> RevealedSecret:
    secret = Secret.objects.filter(name=name).first()
    if secret is None:
        raise _no_secret(f"There is no secret called {name}. Add it under this client's secrets.")
    if secret.kind == OAUTH:
        token = connection_token(secret, url)
        _note_use(secret)
        return RevealedSecret(token, is_connected=True, name=name)
    value = decrypt(bytes(secret.ciphertext))
    if value is None:
        raise _no_secret(
            f"The secret {name} was encrypted with a key this server has not. Set it again."
        )
    _note_use(secret)
    # Older secrets were stored untrimmed.
    former = former_value(secret).strip(BLANKS)
    return RevealedSecret(value.strip(BLANKS), former=former, name=name)


def _note_use(secret: Secret) -> None:
    """Note the day of a secret's use, at its first of the day."""
    today = clock.now().date()
    if secret.used_on != today:
        # Another transaction that notes it is not waited for.
        free = Secret.objects.select_for_update(skip_locked=True).filter(pk=secret.pk)
        Secret.objects.filter(pk__in=free.values("pk")).update(used_on=today)


def set_own_secret(name: str, value: str, *, actor: Actor) -> None:
    """Store a credential that is a person's own, such as the address of their chat."""
    if actor.kind != "person" or actor.id is None:
        raise Forbidden("Only people keep secrets of their own.")
    Secret.objects.update_or_create(
        name=_own_name(name, actor.id),
        defaults={"ciphertext": encrypt(trimmed_credential(value)), "changed_at": clock.now()},
    )


def delete_own_secret(name: str, *, actor: Actor) -> None:
    """Delete a person's own credential, if there is one."""
    if actor.id is not None:
        Secret.objects.filter(name=_own_name(name, actor.id)).delete()


def reveal_own_secret(name: str, person: UUID) -> str:
    """Return a person's own credential, for a call that is about to be made. Raises NotFound."""
    return _reveal(_own_name(name, person)).value


def _own_name(name: str, person: UUID) -> str:
    return f"{OWN}{person.hex}-{name}"
