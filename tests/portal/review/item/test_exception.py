"""What real failures say, to the client's people and to staff of the provider."""

import html
import re
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from approvals.models import ReviewItem, Tool
from audit import outbox
from portal.reports.open_decisions import decisions
from tenants import clock
from tenants.models import Assignment, Tenant, User
from tests.fakes.model import MODEL, ModelServer, Reply
from tests.lanes import Lane, open_lane
from tests.portal.review_kit import Visitor, inside, text
from tests.workflows.definition_kit import with_model
from tests.world import DEFINITION
from workflows.engine.advance import for_each
from workflows.exceptions.cause_words import PART, effect_sentence
from workflows.exceptions.causes import Cause

pytestmark = pytest.mark.django_db

# What no page of a client's may hold.
TECHNICAL = re.compile(r"\b\w+(?:Error|Exception)\b|Traceback|127\.0\.0\.1|allowed hosts|secret:")
HEAD = 'workflow: other\nrung: draft_only\nbrief: {why: "Answers input.message."}\nsteps:\n'


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as opened:
        yield opened


def body(visitor: Visitor, path: str) -> str:
    """The page's own words, without marks."""
    page = text(visitor.get(path))
    found = page[page.index('<section id="queue"') :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def see(lane: Lane, user: User) -> str:
    return body(inside(lane.client, user), f"/review/{lane.exception().pk}/")


def host_not_allowed(lane: Lane) -> None:
    lane.start()
    lane.say()
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(allowed_hosts=[])
    outbox.drain()


def template_that_fails(lane: Lane) -> None:
    lane.use(HEAD + '  - {name: a, retrieve: {query: "{{ input.nothing.at.all }}"}}')
    lane.start()


def missing_key(lane: Lane) -> None:
    lane.start()
    tool = Tool.objects.get(name="shop.refund")
    more = {**tool.settings, "headers": {"Authorization": "secret:shop-key"}}
    lane.say()
    Tool.objects.filter(pk=tool.pk).update(settings=more)
    outbox.drain()


def refused_key(lane: Lane) -> None:
    lane.shop.status = 401
    lane.start()
    lane.decide()


def crash(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:

    def poison(*_: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr(for_each, "continue_each", poison)
    lane.start()
    for _ in range(5):
        lane.pass_time(minutes=2)


OURS: list[tuple[Callable[..., None], str, str, str]] = [
    (
        host_not_allowed,
        "It needs a system at an address that has not been allowed for your business.",
        "Add it to the allowed hosts.",
        "Open the client's settings",
    ),
    (
        template_that_fails,
        "The text it works with could not be put together for this request.",
        "Correct the template and publish a new version.",
        "Open the workflow",
    ),
    (
        missing_key,
        "The key that opens one of the systems it uses is missing here.",
        "Add the secret under the name given in the details.",
        "Open the secrets",
    ),
    (
        refused_key,
        "One of the systems it uses did not accept the key it was given.",
        "Ask whoever runs that system for a valid key and set the secret again.",
        "Open the secrets",
    ),
]


@pytest.mark.parametrize(("fail", "means", "mend", "link"), OURS)
def test_what_the_provider_mends(
    lane: Lane, fail: Callable[[Lane], None], means: str, mend: str, link: str
) -> None:
    fail(lane)
    assert_told_apart(lane, means, mend, link)


def assert_told_apart(lane: Lane, means: str, mend: str, link: str) -> None:
    """The client reads what it means, staff what to do; each in page and queue."""
    seen = see(lane, lane.client.owner)
    assert means in seen
    assert "Northlight Operations is told of it, and mends it." in seen
    assert "with the provider" in seen
    assert not TECHNICAL.search(seen), TECHNICAL.search(seen)
    assert mend not in seen
    staff = see(lane, lane.world.operator)
    assert mend in staff
    assert link in staff
    assert "What the client reads" in staff
    assert means in staff
    assert lane.exception().draft["problem"] in staff
    assert "yours to mend" in staff


def test_a_model_that_refuses_the_key(lane: Lane) -> None:
    with ModelServer() as model, model.in_environment():
        model.answers = [Reply(401, "Incorrect API key provided: sk-none")]
        lane.use(with_model(MODEL))
        lane.start()
        lane.pass_time(minutes=5)
        assert_told_apart(
            lane,
            "The model that writes did not accept our key.",
            "Set a valid key, as this client's secret or for the deployment.",
            "Open the secrets",
        )


def test_a_crash_in_code(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    crash(lane, monkeypatch)
    assert_told_apart(
        lane,
        "A fault in the software stopped it.",
        "Find it in the log of the workers by the run's id and mend it.",
        "Open the run",
    )
    assert "Technical details RuntimeError: not today" in see(lane, lane.world.operator)
    assert "Nothing more is done for this request" in see(lane, lane.client.owner)


def test_the_page_of_the_run_says_it_plainly_too(lane: Lane) -> None:
    template_that_fails(lane)
    path = f"/runs/{lane.run().pk}/"
    means = "The text it works with could not be put together for this request."
    seen = text(inside(lane.client).get(path))
    before = seen.partition('id="record"')[0]
    assert means in before
    assert "has no attribute" not in before
    staff = text(inside(lane.client, lane.world.operator).get(path))
    assert "has no attribute" in staff


@pytest.mark.parametrize("path", ["/runs/", "/workflows/other/"])
def test_lists_of_runs_say_it_plainly_too(lane: Lane, path: str) -> None:
    template_that_fails(lane)
    seen = text(inside(lane.client).get(path))
    assert "The text it works with could not be put together for this request." in seen
    assert "has no attribute" not in seen
    assert "has no attribute" in text(inside(lane.client, lane.world.operator).get(path))


def test_what_is_missing_is_said_without_expressions_on_the_page_of_the_run(lane: Lane) -> None:
    lane.use(HEAD + "  - {name: a, if: input.delivery_day == 'x', wait: {for: 1d}}")
    lane.start()
    seen = text(inside(lane.client).get(f"/runs/{lane.run().pk}/")).partition('id="record"')[0]
    assert "Something it needs was missing in what came in, or does not fit." in seen
    assert "can&#x27;t be worked out" not in seen


def test_a_run_that_waits_for_the_provider_says_so(lane: Lane) -> None:
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(allowed_hosts=[])
    lane.use(DEFINITION.replace("refund-replies", "slow") + "  - {name: pause, wait: {for: 1d}}\n")
    lane.start()  # the action is refused, and another step is under way
    seen = text(inside(lane.client).get(f"/runs/{lane.run().pk}/"))
    assert "Waits for the provider to resolve an exception." in seen


def test_an_approval_that_can_not_be_given_says_plainly_why(lane: Lane) -> None:
    lane.start()
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(allowed_hosts=[])
    path = f"/review/{lane.item().pk}/"
    seen = body(inside(lane.client), path)
    assert "It needs a system at an address that has not been allowed for your business." in seen
    assert "Your provider has to mend that first." in seen
    assert "allowed hosts" not in seen
    assert "among this client's allowed hosts" in body(
        inside(lane.client, lane.world.operator), path
    )


@pytest.mark.parametrize("fail", [host_not_allowed, missing_key])
def test_every_link_leads_to_a_page_that_is_there(lane: Lane, fail: Callable[[Lane], None]) -> None:
    operator = inside(lane.client, lane.world.operator)
    fail(lane)
    newest = ReviewItem.objects.filter(kind="exception").latest("id")
    page = text(operator.get(f"/review/{newest.pk}/"))
    (link,) = re.findall(r'<a class="button" href="(?:/t/[^/]+)?(/[^"]+)">Open the', page)
    assert operator.get(link).status_code == 200


def test_a_shop_that_says_no_is_the_clients(lane: Lane) -> None:
    lane.shop.status = 422
    lane.shop.body = b'{"error": "The order was refunded before."}'
    lane.start()
    lane.decide()
    seen = see(lane, lane.client.owner)
    assert "The system that should do this said no." in seen
    assert "The order was refunded before." in seen
    assert "Nothing was sent, changed or charged by it." in seen
    assert "Technical details" not in seen
    assert "needs a person" in seen
    assert "needs a person" in see(lane, lane.world.operator)


def test_what_is_missing_is_named(lane: Lane) -> None:
    step = "  - {name: a, if: input.delivery_day == 'x', wait: {for: 1d}}"
    lane.use(HEAD + step)
    lane.start()
    seen = see(lane, lane.client.owner)
    assert "It is about: delivery day ." in seen or "It is about: delivery day." in seen
    assert "input.delivery_day" not in seen
    # A value would take the place of the whole step, a mail unsent.
    assert "Have it asked again with what is missing, or do it yourself and close this." in seen


def test_an_address_that_is_none_is_said_in_words(lane: Lane) -> None:
    lane.start(**{"from": "not an address"})
    seen = see(lane, lane.client.owner)
    assert "The address this should go to can't be used." in seen
    assert "“not an address” is not one e-mail address." in seen
    assert "does not match" not in see(lane, lane.world.operator)


def test_a_client_whom_nobody_looks_after_is_not_told_that_somebody_was(lane: Lane) -> None:
    host_not_allowed(lane)
    Assignment.objects.filter(tenant=lane.client.tenant).delete()
    seen = see(lane, lane.client.owner)
    assert "Nobody at Northlight Operations looks after you here yet, so tell them." in seen
    assert "is told of it" not in seen


def _asked_in_the_report(lane: Lane) -> list[str]:
    zone = ZoneInfo(lane.client.tenant.timezone)
    return [line["title"] for line in decisions(clock.now(), zone).lines]


def test_the_report_asks_the_client_for_what_they_can_do_alone(lane: Lane) -> None:
    host_not_allowed(lane)
    assert not any("Refund" in title for title in _asked_in_the_report(lane))
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(allowed_hosts=[lane.shop.host])
    lane.shop.status = 422
    lane.start()
    lane.decide()
    assert any("Refund" in title for title in _asked_in_the_report(lane))


def test_a_part_of_a_list_that_failed_keeps_its_cause_to_itself(lane: Lane) -> None:
    each = "for_each: {in: '[1, 2]', as: line}"
    lane.use(
        HEAD + f'  - {{name: a, {each}, retrieve: {{query: "{{{{ input.nothing.at.all }}}}"}}}}'
    )
    lane.start()
    for user in (lane.client.owner, lane.world.operator):
        seen = text(inside(lane.client, user).get(f"/runs/{lane.run().pk}/"))
        assert "&quot;cause&quot;" not in seen
    draft = ReviewItem.objects.get(kind="exception").draft
    assert draft["cause"] == "template"


def test_a_part_that_another_workflow_did_is_not_said_to_be_undone() -> None:
    assert effect_sentence(Cause.PART_ENDED) == effect_sentence(Cause.HOST, of_part=True) == PART
    assert "Nothing was sent" in effect_sentence(Cause.HOST)
