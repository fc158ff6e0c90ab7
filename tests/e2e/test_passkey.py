"""A passkey, with Chromium's virtual authenticator: added once, then signing in by itself."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.processes import processes
from tests.world import PASSWORD, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_signs_in(page: Page, tmp_path: Path) -> None:
    owner = make_world().harbor.owner
    owner.set_password(PASSWORD)
    owner.save()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    with processes(tmp_path) as run:
        # A passkey belongs to a name, and an address is none.
        web = run.web().replace("127.0.0.1", "localhost")
        page.goto(f"{web}/accounts/login/")
        page.get_by_label("Email").first.fill(owner.email)
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/review/")
        page.goto(f"{web}/accounts/2fa/webauthn/add/")
        # Somebody at an open laptop must not add a key: the password is asked for again.
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.locator("main form button").first.click()
        page.get_by_label("Name").fill("Laptop")
        page.get_by_label("Passwordless").check()
        page.locator("#mfa_webauthn_add").click()
        expect(page.locator("main")).to_contain_text("Security key added.")
        page.context.clear_cookies()
        page.goto(f"{web}/accounts/login/")
        page.locator("#passkey_login").click()
        page.wait_for_url("**/review/")
