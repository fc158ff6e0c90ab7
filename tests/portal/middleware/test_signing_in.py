"""Sign-in against many tries, and what the database holds of people's ways in."""

import base64
import io
import json
import re
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Http

from portal.accounts.adapter import TOKEN
from portal.middleware.client_address import networks
from tenants.models import User
from tests.world import PASSWORD, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_passwords")]
LOGIN = "/accounts/login/"


@pytest.fixture
def owner() -> User:
    world: World = make_world()
    world.harbor.owner.set_password(PASSWORD)
    world.harbor.owner.save()
    return world.harbor.owner


def sign_in(http: Http, user: User, password: str = PASSWORD, **more: Any) -> bool:
    answer = http.post(LOGIN, {"login": user.email, "password": password}, **more)
    return bool(answer.status_code == 302)


def wrong(user: User, times: int = 6, **more: Any) -> None:
    """A stranger's tries, each from a browser without cookies."""
    for _ in range(times):
        Http().post(LOGIN, {"login": user.email, "password": "wrong"}, **more)


# -- Limits -----------------------------------------------------------------------------------


def test_five_wrong_tries_keep_strangers_out(owner: User) -> None:
    wrong(owner)
    assert not sign_in(Http(), owner)


def test_another_host_header_gives_no_more_tries(owner: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for n in range(6):
        wrong(owner, 1, HTTP_HOST=f"host{n}.example", REMOTE_ADDR=f"203.0.113.{n}")
    assert not sign_in(Http(), owner, REMOTE_ADDR="203.0.113.99")


def test_a_strangers_tries_leave_the_owner_their_session(owner: User) -> None:
    http = Http()
    assert sign_in(http, owner)
    wrong(owner, 9, REMOTE_ADDR="203.0.113.5")
    assert http.get("/t/harbor-pine/review/").status_code == 200
    again = http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert again.status_code == 302


def test_a_strangers_tries_do_not_count_against_a_device_that_is_known(owner: User) -> None:
    http = Http()
    assert sign_in(http, owner)
    http.post("/accounts/logout/")
    wrong(owner, 9, REMOTE_ADDR="203.0.113.5")
    assert not sign_in(Http(), owner)
    assert sign_in(http, owner)


def test_a_known_device_has_its_own_five_tries_and_no_more(owner: User) -> None:
    http = Http()
    assert sign_in(http, owner)
    http.post("/accounts/logout/")
    for n in range(6):
        sign_in(http, owner, "wrong", REMOTE_ADDR=f"203.0.113.{n}")
    assert not sign_in(http, owner, REMOTE_ADDR="203.0.113.99")


def test_a_device_of_one_person_is_no_device_of_another(owner: User) -> None:
    http = Http()
    assert sign_in(http, owner)
    [name] = [name for name in http.cookies if name.startswith("handrail_device_")]
    other = User.objects.create_user("other@nowhere.example", PASSWORD)
    fresh = Http()
    assert sign_in(fresh, other)
    [own] = [each for each in fresh.cookies if each.startswith("handrail_device_")]
    fresh.post("/accounts/logout/")
    fresh.cookies[name] = fresh.cookies[own].value  # theirs, under the owner's name
    for n in range(6):
        sign_in(fresh, owner, "wrong", REMOTE_ADDR=f"203.0.113.{n}")
    wrong(owner, 1, REMOTE_ADDR="203.0.113.50")
    assert not sign_in(Http(), owner, REMOTE_ADDR="203.0.113.99")


def test_people_behind_one_trusted_proxy_are_counted_apart(owner: User, settings: Any) -> None:
    settings.TRUSTED_PROXIES = networks(["10.0.0.7"])
    behind = {"REMOTE_ADDR": "10.0.0.7"}
    for n in range(12):
        mail = f"nobody{n}@nowhere.example"
        Http().post(
            LOGIN,
            {"login": mail, "password": "x"},
            **behind,
            HTTP_X_FORWARDED_FOR="203.0.113.66",
        )
    assert not sign_in(Http(), owner, **behind, HTTP_X_FORWARDED_FOR="203.0.113.66")
    assert sign_in(Http(), owner, **behind, HTTP_X_FORWARDED_FOR="203.0.113.66, 198.51.100.1")


def test_nobody_escapes_the_count_by_writing_the_header(owner: User) -> None:
    for n in range(12):
        mail = {"login": f"nobody{n}@nowhere.example", "password": "x"}
        Http().post(LOGIN, mail, HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")
    assert not sign_in(Http(), owner, HTTP_X_FORWARDED_FOR="198.51.100.77")


# -- At rest ----------------------------------------------------------------------------------


def dump() -> str:
    """What somebody reads who has the tables of sessions and second factors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT json_agg(s)::text FROM django_session s")
        sessions = cursor.fetchone()[0]
        cursor.execute("SELECT json_agg(a)::text FROM mfa_authenticator a")
        return f"{sessions}{cursor.fetchone()[0]}"


def test_a_session_key_in_a_dump_opens_nothing(owner: User) -> None:
    """W2 for sessions: the cookie's value is not in the database, nor who it belongs to."""
    http = Http()
    assert sign_in(http, owner)
    value = http.cookies["sessionid"].value
    [stored] = Session.objects.all()
    assert value not in dump()
    assert str(owner.pk) not in stored.session_data
    thief = Http()
    thief.cookies["sessionid"] = stored.session_key
    assert thief.get("/t/harbor-pine/review/").status_code == 302
    assert http.get("/t/harbor-pine/review/").status_code == 200


def test_signing_out_ends_the_session(owner: User) -> None:
    http = Http()
    assert sign_in(http, owner)
    value = http.cookies["sessionid"].value
    http.post("/accounts/logout/")
    assert not Session.objects.exists()
    http.cookies["sessionid"] = value
    assert http.get("/t/harbor-pine/review/").status_code == 302


def test_a_session_that_was_changed_in_the_database_is_nobodys(owner: User) -> None:
    http = Http()
    assert sign_in(http, owner)
    Session.objects.update(session_data="gAAAAAnonsense")
    assert http.get("/t/harbor-pine/review/").status_code == 302


def test_secrets_of_second_factors_are_not_in_a_dump(owner: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    codes = RecoveryCodes.activate(owner)
    rows = Authenticator.objects.filter(user=owner)
    values = [v for row in rows for k, v in row.data.items() if k in ("secret", "seed")]
    assert len(values) == 2
    assert all(value.startswith(TOKEN) for value in values)
    assert secret not in dump()
    first = codes.get_unused_codes()[0]
    assert RecoveryCodes(rows.get(type="recovery_codes")).validate_code(first)
    assert not RecoveryCodes(rows.get(type="recovery_codes")).validate_code(first)


def test_a_secret_that_is_being_set_up_is_not_in_a_dump(owner: User) -> None:
    http = Http()
    assert sign_in(http, owner)
    http.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = http.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r"\b[A-Z2-7]{32}\b", page)
    assert found is not None
    assert found[0] not in dump()
    assert found[0] in json.dumps(dict(http.session.items()))


def test_a_lost_key_lets_nobody_in(settings: Any) -> None:
    token = get_adapter().encrypt("JBSWY3DPEHPK3PXP")
    settings.SECRET_BOX_KEYS = [b"x" * 43 + b"="]
    drawn = {get_adapter().decrypt(token) for _ in range(2)}
    assert len(drawn) == 2
    assert "JBSWY3DPEHPK3PXP" not in drawn


def test_a_secret_from_before_is_read_still() -> None:
    assert get_adapter().decrypt("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"


def test_second_factors_outlive_a_key_that_is_taken_away(owner: User, settings: Any) -> None:
    old, new = settings.SECRET_BOX_KEYS[0], base64.urlsafe_b64encode(b"n" * 32)
    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    first = RecoveryCodes.activate(owner).get_unused_codes()[0]
    settings.SECRET_BOX_KEYS = [new, old]
    call_command("reencrypt", stdout=io.StringIO())
    settings.SECRET_BOX_KEYS = [new]
    rows = Authenticator.objects.filter(user=owner)
    assert get_adapter().decrypt(rows.get(type="totp").data["secret"]) == secret
    assert RecoveryCodes(rows.get(type="recovery_codes")).validate_code(first)
    settings.SECRET_BOX_KEYS = [old]
    with pytest.raises(CommandError, match="Put that key back"):
        call_command("reencrypt", stdout=io.StringIO())
