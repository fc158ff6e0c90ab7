"""Notices to a phone, over real HTTP: to known services, encrypted, never twice."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import uuid4

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.notices import preferences as own
from portal.notices.channels import push
from portal.notices.kinds import Letter
from portal.notices.models import Device
from portal.notices.smtp import DeliveryStatus
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.scope import tenant_scope
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.portal.notices.channels.channel_kit import look, statuses
from tests.portal.review_kit import ask, inside
from tests.world import World

pytestmark = pytest.mark.django_db
AUTH = b"sixteen bytes ok"


def coded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def device(world: World, sink: HttpSink, name: str = "phone") -> ec.EllipticCurvePrivateKey:
    """A browser of the owner's that subscribed, with the key only it has."""
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    given = {
        "label": name,
        "endpoint": f"{sink.url}/push/{name}",
        "p256dh": coded(point),
        "auth": coded(AUTH),
    }
    assert inside(world.harbor).post("/notices/devices/", given).status_code == 302
    return key


def urgent(world: World) -> Any:
    item = ask(world.harbor)
    clock.pass_time(item.due_at - clock.now() - timedelta(hours=1))
    return item


def test_an_urgent_item_reaches_the_phone_encrypted_and_signed_and_no_mail_goes(
    world: World, sink: HttpSink, post: SmtpSink
) -> None:
    sink.status = 201
    key = device(world, sink)
    item = urgent(world)
    look()
    look()
    [pushed] = sink.requests
    headers = {name.lower(): value for name, value in pushed["headers"].items()}
    assert headers["content-encoding"] == "aes128gcm"
    assert post.messages == []
    assert statuses(world) == [("push", "sent")]
    said = json.loads(
        http_ece.decrypt(bytes.fromhex(pushed["raw"]), private_key=key, auth_secret=AUTH)
    )
    assert item.title in said["body"]
    assert said["url"].endswith(f"/review/{item.pk}/")
    scheme, _, rest = headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", push.public_key())
    body = parts["t"].split(".")[1]
    claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert claims["aud"] == sink.url


def test_what_is_not_urgent_goes_by_mail(world: World, sink: HttpSink, post: SmtpSink) -> None:
    device(world, sink)
    ask(world.harbor)
    look()
    assert sink.requests == []
    assert len(post.messages) == 1


def test_a_device_that_is_gone_is_forgotten_and_the_mail_goes(
    world: World, sink: HttpSink, post: SmtpSink
) -> None:
    sink.status = 410
    device(world, sink)
    urgent(world)
    look()
    assert len(sink.requests) == 1
    assert len(post.messages) == 1
    assert statuses(world) == [("mail", "sent")]
    with tenant_scope(world.harbor.tenant.pk):
        assert not Device.objects.exists()


def test_a_push_service_that_answers_nothing_may_have_told(
    world: World, sink: HttpSink, post: SmtpSink
) -> None:
    sink.status = None
    device(world, sink)
    urgent(world)
    look()
    assert statuses(world) == [("push", "in_doubt")]
    assert post.messages == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:1/push",
        r"https://127.0.0.1\.notify.windows.com/x",
        r"https://evil.example\.notify.windows.com/",
        "https://.notify.windows.com/x",
        "https://a b.notify.windows.com/",
        "https://127.0.0.1%2f.notify.windows.com/",
        "https://127.0.0.1\t.notify.windows.com/",
        "https://fcm.googleapis.com.:443/x",
        "https://fcm.googleapis.com:8443/x",
        "https://evil.example#fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/",
        "https://169.254.169.254/latest",
        "https://fcm.googleapis.com.evil.example/x",
        "https://user@fcm.googleapis.com/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_push_services_are_called(world: World, endpoint: str) -> None:
    """G3: an endpoint comes from a browser, so from anybody."""
    with tenant_scope(world.harbor.tenant.pk), pytest.raises(Invalid, match="not known here"):
        own.add_device(
            label="x", endpoint=endpoint, p256dh="x", auth="x", actor=world.harbor.actor()
        )


def test_devices_are_a_persons_own_and_few(world: World, sink: HttpSink) -> None:
    for number in range(push.MOST_DEVICES):
        device(world, sink, f"phone-{number}")
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        one = Device.objects.all()[0]
        given = {"label": "x", "p256dh": one.p256dh, "auth": one.auth}
        with pytest.raises(Conflict, match="Remove one first"):
            own.add_device(**given, endpoint=f"{sink.url}/new", actor=harbor.actor())
        with pytest.raises(Invalid, match="keys can't be read"):
            own.add_device(
                label="x", endpoint=one.endpoint, p256dh="x", auth=one.auth, actor=harbor.actor()
            )
        with pytest.raises(Forbidden):
            own.add_device(**given, endpoint=one.endpoint, actor=world.staff(harbor))
    other = inside(harbor, harbor.approver)
    assert other.post(f"/notices/devices/{one.pk}/remove/", {}).status_code == 404
    assert inside(harbor).post(f"/notices/devices/{one.pk}/remove/", {}).status_code == 302


def test_a_push_service_that_leads_inside_is_not_called(
    world: World, sink: HttpSink, settings: Any
) -> None:
    """G9: its address surely did not get the notice, so it goes by mail."""
    device(world, sink)
    with tenant_scope(world.harbor.tenant.pk):
        [stored] = Device.objects.all()
    settings.ALLOWED_PRIVATE_HOSTS = []
    keys = {"p256dh": stored.p256dh, "auth": stored.auth}
    where = push.PushAddress(stored.pk, {"endpoint": stored.endpoint, "keys": keys})
    letter = Letter("s", "t", "h", "x", brief="b", link="https://handrail.example/")
    made = push.deliver(letter, [where], uuid4())
    assert (made.status, made.gone, sink.requests) == (DeliveryStatus.REFUSED, (), [])
    assert "may not be called" in made.why
