"""Rights of the browser: never those of root, unless the deployment says so.

As root Chromium has no sandbox of its own. Every other user gets one.
"""

import os
import pwd
from dataclasses import dataclass

from django.conf import settings

NO_USER = (
    "Pages are not worked as root: name a user in HANDRAIL_CHROMIUM_USER that the browser runs as, "
    "or run workers as another user. HANDRAIL_CHROMIUM_AS_ROOT=on allows it without a sandbox."
)


@dataclass(frozen=True, slots=True)
class BrowserRights:
    """Rights of a visit. ``user`` has the ids of user and group to become; None to stay.

    ``problem`` says why no page may be worked at all.
    """

    user: tuple[int, int] | None = None
    has_sandbox: bool = True
    problem: str = ""


def browser_rights() -> BrowserRights:
    """Return the rights that a browser started by this process has."""
    if os.geteuid() != 0:
        return BrowserRights()
    if name := settings.CHROMIUM_USER:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            return BrowserRights(problem=f"HANDRAIL_CHROMIUM_USER: there is no user {name} here.")
        if found.pw_uid == 0:
            return BrowserRights(problem="HANDRAIL_CHROMIUM_USER names root: name another user.")
        return BrowserRights((found.pw_uid, found.pw_gid))
    if settings.CHROMIUM_AS_ROOT:
        return BrowserRights(has_sandbox=False)
    return BrowserRights(problem=NO_USER)
