"""Notices by chat, over real HTTP: to known hosts, in a few lines, never twice."""

from typing import Any

import pytest

from audit import outbox
from portal.notices import preferences as own
from portal.notices.channels import chat
from portal.notices.models import NoticePreference
from tenants.errors import Invalid, NotFound
from tenants.models import Secret
from tenants.scope import tenant_scope
from tenants.services.keys import reveal_own_secret, reveal_secret, set_secret
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.portal.notices.channels.channel_kit import look, statuses
from tests.portal.review_kit import ask, inside, text
from tests.world import World

pytestmark = pytest.mark.django_db


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
