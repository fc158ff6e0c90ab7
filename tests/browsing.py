"""What a person's browser does: sign in, open a page, fill its form, post it."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client as Browser

from tenants.models import User

UNSENT = ("submit", "button", "image", "reset", "file")


def browser(user: User) -> Browser:
    """A browser in which somebody is signed in."""
    found = Browser()
    found.force_login(user)
    return found


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, str] = {}
        self._text = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("name") and given.get("type") not in UNSENT:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                ticked = given.get("type") in ("checkbox", "radio")
                self.fields[given["name"]] = given.get("value", "on" if ticked else "")
        elif tag == "textarea":
            self._text = given.get("name", "")
            self.fields[self._text] = ""
        elif tag == "select":
            self._select = given.get("name", "")
            self.fields.setdefault(self._select, "")
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.fields[self._text] = self.fields[self._text].removeprefix("\n").strip("\r")
            self._text = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data


def fields(page: bytes) -> dict[str, str]:
    """What the forms of a page would post if nothing was changed."""
    form = _Form()
    form.feed(page.decode())
    return {name: value for name, value in form.fields.items() if name}


def post(who: Browser, path: str, **changes: Any) -> Any:
    """Open a form, change some of it and post it."""
    shown = who.get(path)
    assert shown.status_code == 200, (path, shown.status_code)
    return who.post(path, fields(shown.content) | changes)
