"""Push channel: Web Push (RFC 8030) to browsers, encrypted (RFC 8291), signed (RFC 8292)."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from portal.notices.kinds import Letter
from portal.notices.models import Device, Notice
from portal.notices.smtp import Delivery, DeliveryStatus
from tenants.errors import Invalid
from tenants.network.addresses import PORTS, Target, parse_url

TIMEOUT = 10  # seconds
LIVES = 3600  # seconds that the push service keeps a message for a device that is off
MOST_DEVICES = 10
# Push services of the known browsers. A browser sends its endpoint, so anyone may forge one.
HOSTS = ("fcm.googleapis.com", "web.push.apple.com", "updates.push.services.mozilla.com")
WINDOWS = ".notify.windows.com"
NO_ANSWER, NOT_CALLED = 0, -1
SAID = {NO_ANSWER: "no answer", NOT_CALLED: "its address may not be called"}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class PushAddress:
    """Address of one device, as pywebpush takes it."""

    device_id: UUID
    subscription: dict[str, Any]


def check(endpoint: str) -> Target:
    """Return the parsed endpoint. Raises Invalid unless it is of a known push service."""
    target = parse_url(endpoint)
    if target is not None:
        usual = target.scheme == "https" and target.port == PORTS["https"]
        known = target.host in HOSTS or target.host.endswith(WINDOWS)
        if (usual and known) or target.netloc in settings.PUSH_HOSTS:
            return target
    raise Invalid("This browser's push service is not known here.", code="bad_push")


@cache
def private_key() -> ec.EllipticCurvePrivateKey:
    """Return the deployment's VAPID key, derived from SECRET_KEY.

    Another SECRET_KEY ends all subscriptions.
    """
    secret = settings.SECRET_KEY.encode()
    drawn = HKDF(hashes.SHA256(), 48, b"handrail", b"web push").derive(secret)
    # 48 bytes are enough for the remainder to be uniform in practice (FIPS 186-5, A.2.1).
    return ec.derive_private_key(int.from_bytes(drawn) % (P256_ORDER - 1) + 1, ec.SECP256R1())


def public_key() -> str:
    """Return the public key a browser subscribes with: the uncompressed point, base64url."""
    point = (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def address(notice: Notice) -> list[PushAddress] | None:
    """Return the person's devices, MOST_DEVICES at most; None for none."""
    found = Device.objects.filter(person_id=notice.person_id).order_by("-id")[:MOST_DEVICES]
    return [
        PushAddress(
            one.pk,
            {"endpoint": one.endpoint, "keys": {"p256dh": one.p256dh, "auth": one.auth}},
        )
        for one in found
    ] or None


def deliver(letter: Letter, address: list[PushAddress], notice_id: UUID) -> Delivery:
    """Send the notice to each device; it counts as sent where one push service took it.

    ``gone`` of the result are the devices whose subscription has ended (404, 410).
    """
    said = {"title": letter.subject, "body": letter.brief, "url": letter.link}
    data = json.dumps({**said, "tag": notice_id.hex})
    fates, gone = [], []
    for one in address:
        status = _post(one.subscription, data)
        fates.append(status)
        if status in (404, 410):
            gone.append(one.device_id)
    if any(200 <= status < 300 for status in fates):
        return Delivery(DeliveryStatus.SENT, gone=tuple(gone))
    why = f"No push service took it: {', '.join(SAID.get(s, str(s)) for s in fates)}."
    return Delivery(
        DeliveryStatus.REFUSED if all(fates) else DeliveryStatus.IN_DOUBT, why, tuple(gone)
    )


def _post(subscription: dict[str, Any], data: str) -> int:
    """Return the HTTP status of the push service's answer, NO_ANSWER or NOT_CALLED."""
    import requests
    from py_vapid import Vapid02
    from pywebpush import WebPushException, webpush

    from tenants.network.sessions import CheckedSession

    session = CheckedSession()
    try:
        target = check(subscription["endpoint"])
        answer = webpush(
            {**subscription, "endpoint": target.url},
            data,
            vapid_private_key=Vapid02(private_key()),
            vapid_claims={"sub": f"mailto:{settings.DEFAULT_FROM_EMAIL}"},
            ttl=LIVES,
            headers={"urgency": "high"},
            timeout=TIMEOUT,
            requests_session=session,
        )
    except WebPushException as error:
        return error.response.status_code if error.response is not None else NO_ANSWER
    except Invalid:
        return NOT_CALLED
    except (requests.RequestException, ValueError):
        return NO_ANSWER
    finally:
        session.close()
    return int(answer.status_code)
