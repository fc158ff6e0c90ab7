"""What no page may do: shut somebody out, be wider than a phone, go against its own policy."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from tests.variants import LONG

# Pages are looked through in the light theme; both themes have the same markup, and their colours
# are looked through on the queue's page and between colleagues.
THEMES = ("light", "dark") if LONG else ("light",)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def check(page: Page) -> None:
    """Fail where axe finds something, or the page is wider than its window."""
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == [], page.url
    size = page.viewport_size
    assert size is None or page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def complaints_of(page: Page) -> list[str]:
    """What the browser complains of from now on, as of scripts that the policy forbids."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            found.append(message.text)

    page.on("console", note)
    return found
