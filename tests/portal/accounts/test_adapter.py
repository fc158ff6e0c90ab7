"""Coming in: sign-in, home, password reset, a second factor."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client as Http

from tenants.models import User
from tenants.services.people import add_member
from tests.portal.accounts.accounts_kit import signed_in, with_password
from tests.world import PASSWORD, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_passwords")]


@pytest.fixture
def world() -> World:
    return make_world()


def fully_signed_in(user: User) -> Http:
    """Signed in by password, and shown again to be that person."""
    with_password(user)
    http = Http()
    http.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return http


def test_signing_in_leads_to_the_only_client(world: World) -> None:
    user = with_password(world.harbor.owner)
    http = Http()
    answer = http.post("/accounts/login/", {"login": user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert http.get("/")["Location"] == "/t/harbor-pine/review/"
    assert http.get("/t/harbor-pine/review/").status_code == 200


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World) -> None:
    user = with_password(world.harbor.owner)
    answers = []
    for email in (user.email, "nobody@nowhere.example"):
        page = Http().post("/accounts/login/", {"login": email, "password": "wrong password"})
        assert page.status_code == 200
        plain = re.sub(r'value="[^"]*"', "", page.content.decode())
        answers.append(plain)
    assert answers[0] == answers[1]


def test_somebody_with_two_clients_chooses(world: World) -> None:
    add_member(world.quill.tenant, world.harbor.owner, role="viewer")
    page = signed_in(world.harbor.owner).get("/").content.decode()
    assert 'href="/t/harbor-pine/review/"' in page
    assert 'href="/t/quill-books/review/"' in page
    assert "sable-yoga" not in page


def test_somebody_without_a_client_is_told_so(world: World) -> None:
    user = User.objects.create_user("alone@nowhere.example", PASSWORD)
    assert "No business yet" in signed_in(user).get("/").content.decode()


def test_staff_land_at_the_desk(world: World) -> None:
    assert signed_in(world.operator).get("/")["Location"] == "/desk/"


def test_signing_out_takes_a_post(world: World) -> None:
    http = signed_in(world.harbor.owner)
    http.get("/accounts/logout/")
    assert http.get("/account/").status_code == 200
    http.post("/accounts/logout/")
    assert http.get("/account/").status_code == 302


def test_nobody_signs_up_uninvited(world: World) -> None:
    http = Http()
    assert "by invitation" in http.get("/accounts/signup/").content.decode()
    http.post("/accounts/signup/", {"email": "new@nowhere.example", "password1": PASSWORD})
    assert not User.objects.filter(email="new@nowhere.example").exists()


def test_nobody_changes_the_address_they_were_invited_by(world: World) -> None:
    http = signed_in(world.harbor.owner)
    assert http.get("/accounts/email/").status_code == 404
    data = {"action_add": "", "email": "other@nowhere.example"}
    assert http.post("/accounts/email/", data).status_code == 404


# -- Password and second factor ------------------------------------------------------------------


def test_a_forgotten_password_is_set_anew_by_mail(world: World) -> None:
    user = with_password(world.harbor.owner)
    http = Http()
    http.post("/accounts/password/reset/", {"email": user.email})
    (message,) = mail.outbox
    assert message.to == [user.email]
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(message.body))
    assert link is not None
    page = http.get(link[1], follow=True)
    form = page.redirect_chain[-1][0]
    new = "another correct horse battery"
    http.post(form, {"password1": new, "password2": new})
    answer = Http().post("/accounts/login/", {"login": user.email, "password": new})
    assert answer.status_code == 302
    old = Http().post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert old.status_code == 200


@pytest.mark.parametrize(
    "header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "SERVER_NAME", "HTTP_X_FORWARDED_SERVER"]
)
def test_the_links_of_a_reset_lead_home_whatever_host_was_asked(
    world: World, settings: Any, header: str
) -> None:
    """W4: the Host header is chosen by whoever asks, and the mail goes to somebody else."""
    settings.ALLOWED_HOSTS, settings.BASE_URL = ["*"], "https://handrail.example"
    user = with_password(world.harbor.owner)
    for email in (user.email, "nobody@nowhere.example"):
        Http().post("/accounts/password/reset/", {"email": email}, **{header: "evil.example"})
    for message in mail.outbox:
        whole = f"{message.subject} {message.body} {message.alternatives}"
        assert "evil.example" not in whole
    assert "https://handrail.example/accounts/password/reset/key/" in mail.outbox[0].body


def test_a_redirect_to_https_goes_to_our_own_name() -> None:
    code = "from django.conf import settings as s; print(s.SECURE_SSL_REDIRECT, s.SECURE_SSL_HOST)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    env["HANDRAIL_BASE_URL"] = "https://handrail.example/"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "handrail.example"]


def test_a_mail_of_an_account_says_that_a_machine_wrote_it(world: World) -> None:
    Http().post("/accounts/password/reset/", {"email": world.harbor.owner.email})
    assert mail.outbox[0].message()["Auto-Submitted"] == "auto-generated"


def test_asking_to_reset_an_unknown_address_looks_the_same(world: World) -> None:
    known = Http().post("/accounts/password/reset/", {"email": world.harbor.owner.email})
    unknown = Http().post("/accounts/password/reset/", {"email": "nobody@nowhere.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_an_authenticator_app_is_asked_for_after_the_password(world: World) -> None:
    user = world.harbor.owner
    http = fully_signed_in(user)
    page = http.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(
        r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"|value="([A-Z2-7]{16,})"', page
    )
    assert secret is not None
    key = secret[1] or secret[2]
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(key, counter))
    answer = http.post("/accounts/2fa/totp/activate/", {"code": code})
    assert answer.status_code == 302
    later = Http()
    halfway = later.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert halfway["Location"].startswith("/accounts/2fa/authenticate/")
    assert later.get("/t/harbor-pine/review/").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/signup/",
    ],
)
def test_the_pages_outside_wear_the_house_style(world: World, path: str) -> None:
    page = Http().get(path).content.decode()
    assert 'class="sheet"' in page
    assert "Northlight Operations" in page
    assert "style=" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/account/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/password/change/",
    ],
)
def test_the_account_pages_wear_the_house_style(world: World, path: str) -> None:
    page = fully_signed_in(world.harbor.owner).get(path).content.decode()
    assert 'class="sheet"' in page
    assert "style=" not in page


def test_no_page_needs_inline_style_or_script(world: World) -> None:
    answer = signed_in(world.harbor.owner).get("/t/harbor-pine/review/")
    page = answer.content.decode()
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "style=" not in page
    assert not re.search(r"<script(?![^>]*src=)[^>]*>", page)
    assert not re.search(r"\son[a-z]+=", page)
