"""Notices by chat and to a phone, over real HTTP: to known places, encrypted, never twice."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from audit import outbox
from portal.notices import new_items, sessions
from portal.notices import preferences as own
from portal.notices.channels import chat, push
from portal.notices.kinds import Letter
from portal.notices.models import Device, Notice, NoticePreference
from portal.notices.smtp import DeliveryStatus
from tenants import access, clock
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import Secret
from tenants.scope import tenant_scope
from tenants.services.keys import reveal_own_secret, reveal_secret, set_secret
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.lanes import NOON
from tests.portal.review_kit import ask, inside, text
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
AUTH = b"sixteen bytes ok"


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink() as made:
        yield made


@pytest.fixture
def world(settings: Any, sink: HttpSink) -> Iterator[World]:
    settings.CHAT_HOSTS = settings.PUSH_HOSTS = [sink.host]
    allow(sink.host)
    with clock.at(NOON):
        made = make_world()
        with tenant_scope(made.harbor.tenant.pk):
            access.revoke(made.harbor.workflow, made.harbor.approver, actor=made.harbor.actor())
            NoticePreference.objects.all().delete()
        yield made


def look() -> None:
    clock.pass_time(timedelta(minutes=1))
    new_items.begin_item_checks()
    outbox.drain()


def by_chat(world: World, sink: HttpSink) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        own.save_preference(
            how="each",
            times=["09:00"],
            most=4,
            via="chat",
            address=f"json://{sink.host}/hook/t0ken",
            actor=world.harbor.actor(),
        )


def statuses(world: World) -> list[tuple[str, str]]:
    with tenant_scope(world.harbor.tenant.pk):
        return list(Notice.objects.order_by("id").values_list("channel", "status"))


def test_chat_says_it_in_a_few_lines_and_no_mail_goes(
    world: World, sink: HttpSink, post: SmtpSink
) -> None:
    by_chat(world, sink)
    item = ask(world.harbor)
    look()
    look()
    [told] = sink.requests
    assert told["path"] == "/hook/t0ken"
    assert item.title in told["body"]["title"]
    assert f"/review/{item.pk}/" in told["body"]["message"]
    assert post.messages == []
    assert statuses(world) == [("chat", "sent")]


def test_a_chat_that_fails_may_have_told_so_nothing_is_repeated_and_mail_takes_over(
    world: World, sink: HttpSink, post: SmtpSink
) -> None:
    by_chat(world, sink)
    sink.status = 500
    ask(world.harbor)
    look()
    assert statuses(world) == [("chat", "in_doubt")]
    assert post.messages == []
    assert "Your chat does not work" in text(inside(world.harbor).get("/notices/"))
    second = ask(world.harbor, subject="Another")
    look()
    assert len(sink.requests) == 1
    assert [second.title in m["subject"] for m in post.messages] == [True]


def test_a_trial_tries_a_broken_chat_and_repairs_it(
    world: World, sink: HttpSink, post: SmtpSink
) -> None:
    by_chat(world, sink)
    with tenant_scope(world.harbor.tenant.pk):
        NoticePreference.objects.update(problem="It was down.")
    inside(world.harbor).post("/notices/try/", {})
    outbox.drain()
    assert len(sink.requests) == 1
    assert "does not work" not in text(inside(world.harbor).get("/notices/"))


def test_a_chat_address_is_a_secret_of_the_persons_own(world: World, sink: HttpSink) -> None:
    """G5."""
    by_chat(world, sink)
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        [secret] = Secret.objects.all()
        assert b"t0ken" not in bytes(secret.ciphertext)
        assert "t0ken" in reveal_own_secret("chat", harbor.owner.pk)
        with pytest.raises(NotFound):
            reveal_secret(secret.name)  # as a definition would name it
        with pytest.raises(Invalid, match="people's own"):
            set_secret(name=secret.name, value="x", actor=world.staff(harbor))
    assert "t0ken" not in text(inside(harbor).get("/notices/"))
    given = {"how": "each", "times": "", "most": "4", "via": "mail", "address": ""}
    inside(harbor).post("/notices/", given)
    with tenant_scope(harbor.tenant.pk):
        assert not Secret.objects.exists()


def test_a_host_that_is_allowed_no_more_is_not_called(
    world: World, sink: HttpSink, post: SmtpSink, settings: Any
) -> None:
    """G3: the address is checked again when it is used."""
    by_chat(world, sink)
    settings.CHAT_HOSTS = []
    ask(world.harbor)
    look()
    assert sink.requests == []
    assert len(post.messages) == 1


def test_a_chat_inside_that_nobody_named_is_not_called_and_mail_goes(
    world: World, sink: HttpSink, post: SmtpSink, settings: Any
) -> None:
    """G9: the deployment lets people name the host; where it leads is another question."""
    by_chat(world, sink)
    # The shop's own host stays named, or nothing would be put up.
    named = [host for host in settings.ALLOWED_PRIVATE_HOSTS if host != sink.host]
    settings.ALLOWED_PRIVATE_HOSTS = named
    ask(world.harbor)
    look()
    look()
    assert sink.requests == []
    assert len(post.messages) == 1


def test_a_chat_service_that_redirects_is_not_followed(
    world: World, sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G3, G9: neither where the service answers so, nor where the address asks for it."""
    by_chat(world, sink)
    sink.status = 307
    ask(world.harbor)
    look()
    assert [told["path"] for told in sink.requests] == ["/hook/t0ken"]
    for option in ("redirect=yes", "verify=no", "rto=9999", "cto=9", "retry=9", "Verify="):
        with pytest.raises(Invalid, match="Leave “"):
            chat.check(f"json://{sink.host}/hook?{option}")


def test_what_a_plugin_calls_goes_through_checked_connections(
    world: World, sink: HttpSink, settings: Any
) -> None:
    """G9: a service's name that leads inside, whatever the service."""
    letter = Letter("s", "t", "h", "x", brief="b", link="https://handrail.example/")
    settings.ALLOWED_PRIVATE_HOSTS = []
    for address in (f"json://localhost:{sink.port}/x", f"json://127.1:{sink.port}/x"):
        settings.CHAT_HOSTS = [f"localhost:{sink.port}", f"127.1:{sink.port}"]
        assert chat.deliver(letter, address, uuid4()).status is DeliveryStatus.REFUSED
    session = sessions.CheckedSession()
    with pytest.raises(Invalid, match="leads to an address inside"):
        session.post(f"http://localhost:{sink.port}/")
    with pytest.raises(Invalid, match="leads to an address inside"):
        sessions.CheckedRequests().get(f"http://2130706433:{sink.port}/")
    assert sink.requests == []


# -- To a phone -----------------------------------------------------------------------------


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
