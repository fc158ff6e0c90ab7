"""Writing a definition in a real browser: as one types, by keyboard, without JavaScript."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tenants.scope import tenant_scope
from tests.e2e.manners import THEMES, check, complaints_of
from tests.world import DEFINITION, PASSWORD, World, make_world
from workflows.models import Version
from workflows.services.definitions import publish

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PATH = "workflows/refund-replies/"


class Bench:
    """An operator at the editor of one workflow."""

    def __init__(self, world: World, web: str) -> None:
        self.world, self.base = world, f"{web}/t/harbor-pine/"
        world.operator.set_password(PASSWORD)
        world.operator.save()

    def sign_in(self, context: BrowserContext, path: str = f"{PATH}edit/") -> Page:
        """The operator's browser at a page of the client."""
        page = context.new_page()
        page.goto(self.base + path)
        page.get_by_label("Email").fill(self.world.operator.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"**/{path}")
        return page

    def publish(self, text: str) -> None:
        """Somebody else publishes meanwhile."""
        harbor = self.world.harbor
        with tenant_scope(harbor.tenant.pk):
            publish(harbor.workflow, text=text, actor=self.world.staff(harbor, self.world.admin))

    def live(self) -> tuple[int, str]:
        """The newest version and its text."""
        with tenant_scope(self.world.harbor.tenant.pk):
            newest = Version.objects.order_by("-number")[0]
            return newest.number, newest.definition


@pytest.fixture
def bench(web: str) -> Bench:
    return Bench(make_world(), web)


def line_of(text: str, words: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), 1) if words in line)


def test_a_mistake_is_shown_at_its_line_as_one_types_mended_and_published(
    bench: Bench, browser: Browser
) -> None:
    page = bench.sign_in(browser.new_context(viewport={"width": 1440, "height": 860}))
    text, status = page.get_by_label("Definition"), page.locator("#check-status")
    expect(status).to_contain_text("No problems")
    text.fill(DEFINITION.replace("tool: mail.send", "tool: mail.sned"))
    line = line_of(DEFINITION, "tool: mail.send")
    expect(status).to_contain_text(f"1 problem, in line {line}")
    expect(page.locator(".editor-gutter b")).to_have_text(str(line))
    expect(page.locator("#drawn .drawing-mark-wrong")).to_have_count(1)

    page.get_by_role("link", name=f"Line {line}, column 7").click()
    expect(text).to_be_focused()
    caret = page.evaluate("document.querySelector('textarea').selectionStart")
    assert DEFINITION[caret:].startswith("tool: mail.send")
    for _ in range(len("tool: mail.s")):
        page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("Delete")
    page.keyboard.type("end")
    expect(status).to_contain_text("No problems")
    expect(page.locator("#drawn")).to_contain_text("Nothing yet: it is version 1 as it is live.")

    text.fill(DEFINITION.replace("sources: [returns-policy, orders]", "sources: [orders]"))
    expect(page.locator("#drawn .trust")).to_contain_text("No longer reads returns-policy.")
    page.get_by_label("What changes, in a sentence").fill("Fewer sources")
    page.get_by_role("button", name="Publish version 2").click()
    page.wait_for_url(f"**/{PATH}")
    assert bench.live()[0] == 2
    page.goto(f"{bench.base}{PATH}versions/1..2/")
    expect(page.locator(".redline del mark")).to_have_text("returns-policy, ")


def test_while_the_text_cannot_be_read_the_last_picture_stays(
    bench: Bench, browser: Browser
) -> None:
    page = bench.sign_in(browser.new_context(viewport={"width": 1440, "height": 860}))
    text = page.get_by_label("Definition")
    text.fill(DEFINITION.replace("name: send", "name: tell_them"))
    expect(page.locator("#drawn .drawing").first).to_contain_text("tell_them")
    text.fill(DEFINITION.replace("name: send", "name: [oops"))
    expect(page.locator("#checked")).to_contain_text("as it could last be read")
    expect(page.locator("#drawn .drawing").first).to_contain_text("tell_them")


def test_tab_indents_and_escape_lets_go_of_the_text(bench: Bench, browser: Browser) -> None:
    page = bench.sign_in(browser.new_context(viewport={"width": 1440, "height": 860}))
    text = page.get_by_label("Definition")
    text.fill("steps:\n- a\n- b")
    text.press("ControlOrMeta+a")
    page.keyboard.press("Tab")
    expect(text).to_have_value("  steps:\n  - a\n  - b")
    page.keyboard.press("Shift+Tab")
    expect(text).to_have_value("steps:\n- a\n- b")
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.press("Shift+Home")
    page.keyboard.type("  c: 1\nd: 2")
    expect(text).to_have_value("steps:\n- a\n  c: 1\n  d: 2")
    page.keyboard.press("ControlOrMeta+z")
    assert "d: 2" not in text.input_value()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(text).to_be_focused()


def test_everything_works_without_javascript(bench: Bench, browser: Browser) -> None:
    page = bench.sign_in(browser.new_context(java_script_enabled=False))
    text = page.get_by_label("Definition")
    text.fill(DEFINITION.replace("needs: [refund]", "needs: [refnud]"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#checked")).to_contain_text("There is no step called refnud.")
    expect(text).to_have_value(DEFINITION.replace("needs: [refund]", "needs: [refnud]"))
    text.fill(DEFINITION.replace("same day", "next day"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#checked")).to_contain_text("This would work. It is not published yet.")
    bench.publish(DEFINITION.replace("Dana handles", "Sam handles"))
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_role("alert").first).to_contain_text("Version 2 was published while you")
    expect(page.locator(".meanwhile")).to_contain_text("Sam handles")
    expect(text).to_have_value(DEFINITION.replace("same day", "next day"))
    page.get_by_role("button", name="Publish version 3").click()
    page.wait_for_url(f"**/{PATH}")
    assert bench.live() == (3, DEFINITION.replace("same day", "next day"))


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_stands_in_anybodys_way(bench: Bench, browser: Browser, theme: str) -> None:
    """axe finds nothing, no page is wider than a phone, and nothing is against the policy."""
    changed = DEFINITION.replace("name: refund\n", "name: pay\n").replace("[refund]", "[pay]")
    bench.publish(changed.replace("same day", "next day"))
    for width, height in ((1440, 860), (375, 800)):
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
        page = bench.sign_in(context)
        complaints = complaints_of(page)
        page.get_by_label("Definition").fill(DEFINITION.replace("mail.send", "mail.sned"))
        expect(page.locator("#check-status")).to_contain_text("problem")
        for panel in page.locator("summary:visible").all():
            if not panel.locator("xpath=ancestor::*[contains(@class, 'bottombar')]").count():
                panel.click()
        check(page)
        page.on("dialog", lambda dialog: dialog.accept())
        for path in ("add-workflow/", f"{PATH}versions/", f"{PATH}versions/1..2/"):
            page.goto(bench.base + path)
            check(page)
        assert complaints == []
