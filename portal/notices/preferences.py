"""Services of a person's notice preferences and devices."""

import hashlib
from base64 import urlsafe_b64decode
from binascii import Error
from typing import Any
from uuid import UUID

from portal.notices.channels import chat, push
from portal.notices.enqueue import enqueue_notice
from portal.notices.models import Device, Notice, NoticePreference
from tenants import clock
from tenants.actors import Actor
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import User
from tenants.services.keys import delete_own_secret, set_own_secret

POINT, AUTH = 65, 16  # bytes of a browser's two keys (RFC 8291)


def preference_of(person: UUID) -> NoticePreference:
    """Return a person's preference, or an unsaved one with the defaults."""
    found = NoticePreference.objects.filter(person_id=person).first()
    return found or NoticePreference(person_id=person)


def save_preference(
    *, how: str, times: list[str], most: int, via: str, address: str, actor: Actor
) -> NoticePreference:
    """Save the preference of the actor's person; an empty ``address`` keeps the chat's.

    Raises Forbidden for keys and staff, Invalid for a chat that can't be used.
    """
    _require_person(actor)
    found = preference_of(actor.person_id)
    if address:
        found.chat = chat.check(address)
        set_own_secret(chat.SECRET, address, actor=actor)
    if via == "chat" and not found.chat:
        raise Invalid("Give the address of your chat.", code="no_chat")
    if via == "mail" and found.chat:
        delete_own_secret(chat.SECRET, actor=actor)
        found.chat = ""
    if found.how != how:
        # Else a digest chosen now would go at once for a time that has passed already.
        found.gathered_at = clock.now()
    found.how, found.times, found.most, found.via, found.problem = how, times, most, via, ""
    found.save()
    return found


def try_it(*, actor: Actor) -> Notice:
    """Enqueue a trial notice to the actor's person, at most one a minute.

    Raises Forbidden for keys and staff.
    """
    _require_person(actor)
    person = User.objects.get(pk=actor.person_id)
    key = f"trial:{person.pk}:{clock.now():%Y%m%dT%H%M}"
    return enqueue_notice("trial", key=key, to=person.email, object_id=person.pk, person=person.pk)


def add_device(*, label: str, endpoint: str, p256dh: str, auth: str, actor: Actor) -> Device:
    """Add a browser for the person's urgent notices; a known endpoint gets the new keys.

    Raises Forbidden for keys and staff, Invalid for an endpoint of no known push service or
    for bad keys, Conflict for more than MOST_DEVICES devices.
    """
    _require_person(actor)
    push.check(endpoint)
    if _length(p256dh) != POINT or _length(auth) != AUTH:
        raise Invalid("The browser's keys can't be read. Turn it on again.", code="bad_push")
    mine = Device.objects.filter(person_id=actor.person_id)
    fingerprint = hashlib.sha256(endpoint.encode()).hexdigest()
    if mine.exclude(fingerprint=fingerprint).count() >= push.MOST_DEVICES:
        raise Conflict(f"You have {push.MOST_DEVICES} devices. Remove one first.", code="devices")
    found, _ = Device.objects.update_or_create(
        person_id=actor.person_id,
        fingerprint=fingerprint,
        defaults={"label": label[:80], "endpoint": endpoint, "p256dh": p256dh, "auth": auth},
    )
    return found


def remove_device(device_id: UUID, *, actor: Actor) -> None:
    """Delete a device of the actor. Raises NotFound for another person's."""
    gone, _ = Device.objects.filter(pk=device_id, person_id=actor.id).delete()
    if not gone:
        raise NotFound.of("device")


def devices(actor: Actor) -> Any:
    """Return the actor's devices, newest first."""
    return Device.objects.filter(person_id=actor.id).order_by("-id")


def _require_person(actor: Actor) -> None:
    if actor.kind != "person":
        raise Forbidden("Only people of the business choose how they hear of its items.")


def _length(text: str) -> int:
    """Return the number of bytes in a base64url text, -1 where it can't be decoded."""
    try:
        return len(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (Error, ValueError):
        return -1
