"""What happens instead of a step that fails: another model, another tool, a value, a person."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from approvals.gate.tools import add_tool
from approvals.models import Proposal, ReviewItem
from audit.models import Event, Outbox
from tenants import clock
from tests.fakes.model import MODEL, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition
from tests.world import DEFINITION
from workflows.definitions.problems import DefinitionError
from workflows.engine.state.breaker import FAILURES_TO_OPEN, REST
from workflows.models import Circuit, StepRun

OTHER = "openai/other"


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server, server.in_environment():
        yield server


def written(head: str, *, model: str = MODEL, more: str = "") -> str:
    """A workflow that writes and sends, with more in the head of its writing step."""
    steps = (REPLY + SEND + more).replace("    needs: [facts]\n", f"    needs: [facts]\n{head}")
    return definition(steps, model=model)


def attempts(step: str) -> list[tuple[int, str, int, bool]]:
    """Each attempt at a step: its number, status, fallback and whether it was replaced."""
    rows = StepRun.objects.filter(name=step).order_by("id")
    return [(r.attempt, r.status, r.fallback, r.replaced_at is not None) for r in rows]


# -- Tries ---------------------------------------------------------------------------------


def test_a_step_is_tried_as_often_as_it_says(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(503)]
    lane.use(written("    retry: {attempts: 2, wait: 10s, jitter: 0}\n"))
    lane.start()
    lane.pass_time(seconds=9)
    assert len(model.requests) == 1
    lane.pass_time(seconds=1)
    assert len(model.requests) == 2
    lane.pass_time(minutes=10)
    assert len(model.requests) == 2
    assert lane.steps()["reply"] == "failed"


def test_kinds_that_are_not_named_are_not_tried_again(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(429)]
    lane.use(written("    retry: {on: [timeout]}\n"))
    lane.start()
    lane.pass_time(minutes=10)
    assert len(model.requests) == 1


def test_an_answer_that_does_not_fit_is_asked_for_again_where_the_step_says_so(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = ["Sure! Here is your reply.", {"text": "Dear Mia."}]
    lane.use(written("    retry: {on: [bad_answer]}\n"))
    lane.start()
    lane.pass_time(seconds=2)
    assert len(model.requests) == 2
    assert lane.item().draft["text"] == "Dear Mia."


def test_a_model_that_is_too_slow_is_given_up_on_after_the_timeout(
    lane: Lane, model: ModelServer
) -> None:
    model.delay = 2
    lane.use(written("    timeout: 1s\n    retry: {attempts: 1}\n"))
    lane.start()
    (call,) = lane.calls("model")
    assert call.request["timeout"] == 1
    assert call.status == "failed"
    assert call.problem == "It did not answer in time."
    assert call.millis is not None
    assert call.millis < 1900


def test_a_shop_that_is_too_slow_is_in_doubt_after_the_timeout(lane: Lane) -> None:
    lane.shop.delay = 2
    head = "  - name: refund\n    timeout: 1s\n    retry: {attempts: 1}\n"
    lane.use(DEFINITION.replace("refund-replies", "slow").replace("  - name: refund\n", head))
    lane.start()
    lane.decide()
    assert lane.statuses()["refund"] == "in_doubt"
    assert "in time" in lane.exception().draft["problem"]


# -- Fallbacks -----------------------------------------------------------------------------


def test_another_model_is_asked_when_the_first_fails_for_good(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = lambda asked: offline(asked) if asked["model"] == "other" else Reply(400)
    lane.use(written(f"    on_failure: {{model: {OTHER}}}\n"))
    lane.start()
    assert [c.name for c in lane.calls("model")] == [MODEL, OTHER]
    assert attempts("reply") == [(1, "failed", 0, True), (2, "done", 1, False)]
    assert lane.note("reply").startswith(f"Fallback 1: the model {OTHER}.")
    assert lane.calls("model")[1].why.startswith("fallback 1")
    assert "step.fell_back" in lane.verbs()
    lane.decide()
    assert lane.run().status == "done"


def test_fallbacks_are_tried_in_order_each_with_its_own_tries(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(503)]
    plan = f"[{{model: {OTHER}}}, {{value: {{text: We will write tomorrow.}}}}]"
    lane.use(written(f"    retry: {{attempts: 2}}\n    on_failure: {plan}\n"))
    lane.start()
    for _ in range(4):
        lane.pass_time(minutes=11)  # far enough apart to hold nothing
    assert [c.name for c in lane.calls("model")] == [MODEL, MODEL, OTHER, OTHER]
    assert lane.item().draft["text"] == "We will write tomorrow."
    assert attempts("reply")[-1] == (3, "done", 2, False)


def test_when_every_fallback_failed_a_person_is_asked(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(400)]
    lane.use(written(f"    on_failure: [{{model: {OTHER}}}, {{person: owner}}]\n"))
    lane.start()
    assert lane.steps()["reply"] == "failed"
    assert "could not be written" in lane.exception().draft["problem"]


def test_trying_again_begins_with_the_step_itself(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(400)]
    lane.use(written(f"    on_failure: {{model: {OTHER}}}\n"))
    lane.start()
    model.answers = offline
    lane.resolve("retry")
    assert [c.name for c in lane.calls("model")] == [MODEL, OTHER, MODEL]
    assert lane.steps()["reply"] == "done"


def second_shop(lane: Lane, effect: str = "write") -> None:
    """A tool that gives store credit, at another path of the shop."""
    former = lane.proposals()  # nothing yet
    assert former == {}
    schema = {"type": "object", "properties": {"order": {"type": "string"}}}
    add_tool(
        name="shop.credit",
        title="Store credit",
        adapter="http",
        effect=effect,
        kind="refund",
        takes_key=True,
        actor=lane.world.staff(lane.client, lane.world.admin),
        settings={"url": f"http://{lane.shop.host}/credits"},
        args_schema=schema,
        phrases={"title": "Give store credit for {order}"},
    )


CREDIT = "    on_failure: {tool: shop.credit, args: {order: input.order_id}}\n"


def with_credit(lane: Lane, *, never: str = "") -> None:
    second_shop(lane)
    text = DEFINITION.replace("refund-replies", "credit")
    text = text.replace("  - name: refund\n", f"  - name: refund\n{CREDIT}")
    lane.use(text.replace("never:\n", f"never:\n{never}"))
    lane.shop.status = lambda asked: 422 if asked["path"] == "/refunds" else 200


def test_another_tool_is_a_new_proposal_and_never_done_unasked(lane: Lane) -> None:
    with_credit(lane)
    lane.start()
    lane.decide()
    assert [r["path"] for r in lane.shop.requests] == ["/refunds"]
    item = lane.item()
    assert [p.tool_name for p in item.proposals.order_by("position")] == [
        "shop.credit",
        "mail.send",
    ]
    assert item.title.startswith("Give store credit for 10412")
    assert "asked instead" in item.why
    assert lane.post.messages == []
    lane.decide()
    assert [r["path"] for r in lane.shop.requests] == ["/refunds", "/credits"]
    assert len(lane.post.messages) == 1
    assert lane.run().status == "done"
    assert not ReviewItem.objects.filter(kind="exception").exists()


def test_a_fallback_that_is_rejected_is_not_done(lane: Lane) -> None:
    with_credit(lane)
    lane.start()
    lane.decide()
    lane.decide("reject", reason="not_needed")
    assert [r["path"] for r in lane.shop.requests] == ["/refunds"]
    assert lane.post.messages == []
    assert lane.run().status == "done"


def test_a_fallback_that_the_rules_forbid_is_passed_over(lane: Lane) -> None:
    with_credit(lane, never="  - {tool: shop.credit, why: No credit.}\n")
    lane.start()
    lane.decide()
    assert "refused with 422" in lane.exception().draft["problem"]
    assert "step.refused" in lane.verbs()
    assert Proposal.objects.filter(tool_name="shop.credit").count() == 0


def test_an_effect_in_doubt_never_falls_back(lane: Lane) -> None:
    """Case D4: what may have happened is not done another way."""
    with_credit(lane)
    lane.shop.status = None
    lane.start()
    lane.decide()
    for _ in range(5):
        lane.pass_time(minutes=1)
    assert lane.statuses()["refund"] == "in_doubt"
    assert lane.exception().draft["options"][:2] == ["happened", "did_not"]
    assert Proposal.objects.filter(tool_name="shop.credit").count() == 0


def test_an_action_with_a_value_to_fall_back_on_lets_its_group_go_on(lane: Lane) -> None:
    text = DEFINITION.replace("refund-replies", "valued").replace(
        "  - name: refund\n", "  - name: refund\n    on_failure: {value: {done: false}}\n"
    )
    lane.use(text)
    lane.shop.status = 422
    lane.start()
    lane.decide()
    assert len(lane.post.messages) == 1
    assert lane.statuses() == {"refund": "failed", "send": "executed"}
    assert StepRun.objects.get(name="refund", replaced_at=None).output == {"done": False}
    assert lane.run().status == "done"


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("on_failure: {tool: mail.send}", "Only a step of the kind act"),
        ("on_failure: {value: {wrong: 1}}", "does not fit"),
        ("on_failure: [{person: owner}, {model: x}]", "nothing comes after"),
        ("on_failure: {}", "exactly one"),
        ("retry: {attempts: 0}", "greater than or equal to 1"),
        ("retry: {on: [everything]}", "Input should be"),
        ("timeout: soon", "Write a time"),
    ],
)
def test_what_can_not_work_is_refused_with_its_line(lane: Lane, head: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message) as refused:
        lane.use(written(f"    {head}\n"))
    assert refused.value.problems[0].line > 5


# -- Circuits ------------------------------------------------------------------------------


def break_model(lane: Lane, model: ModelServer, head: str = "") -> None:
    """Let the model fail until calls to it are held."""
    model.answers = [Reply(503)]
    lane.use(written(head or "    retry: {attempts: 1}\n"))
    for n in range(FAILURES_TO_OPEN):
        lane.start(n=n)


def test_calls_to_a_model_that_keeps_failing_wait_and_one_tries(
    lane: Lane, model: ModelServer
) -> None:
    break_model(lane, model)
    assert Circuit.objects.get().failures == FAILURES_TO_OPEN
    assert lane.verbs().count("circuit.opened") == 1
    lane.start(n=8)
    lane.start(n=9)
    assert len(model.requests) == FAILURES_TO_OPEN  # neither was made
    assert lane.steps()["reply"] == "running"
    clock.pass_time(REST)
    lane.pass_time()
    assert len(model.requests) == FAILURES_TO_OPEN + 1  # one tries, the other waits
    model.answers = offline
    lane.pass_time(minutes=20)
    lane.pass_time(minutes=20)
    assert not Circuit.objects.exists()
    assert lane.verbs().count("circuit.closed") == 1
    assert lane.steps()["reply"] == "done"


def test_a_step_with_a_fallback_does_not_wait_for_an_open_circuit(
    lane: Lane, model: ModelServer
) -> None:
    break_model(lane, model, f"    retry: {{attempts: 1}}\n    on_failure: {{model: {OTHER}}}\n")
    asked = len(model.requests)
    model.answers = lambda request: offline(request) if request["model"] == "other" else Reply(503)
    Circuit.objects.filter(name=OTHER).delete()
    lane.start(n=9)
    assert [r["model"] for r in model.requests[asked:]] == ["other"]
    assert lane.steps()["reply"] == "done"


def test_an_approved_action_waits_for_its_tool_and_keeps_its_permit(lane: Lane) -> None:
    now = clock.now()
    Circuit.objects.create(
        kind="tool", name="shop.refund", failures=9, failed_at=now, opens=1, opened_at=now
    )
    lane.start()
    lane.decide()
    assert lane.shop.requests == []
    assert lane.permits() == ["open", "open"]
    assert Outbox.objects.filter(topic="effect.perform").count() == 1
    lane.pass_time(seconds=30)
    assert len(lane.shop.requests) == 1
    assert lane.run().status == "done"
    assert not Circuit.objects.exists()


def test_the_approval_of_a_waiting_action_can_still_run_out(lane: Lane) -> None:
    """Case L3: checked at the effect, not only when it was approved."""
    now = clock.now()
    Circuit.objects.create(
        kind="tool",
        name="shop.refund",
        failures=9,
        failed_at=now,
        opens=1,
        opened_at=now,
        probe_at=now + timedelta(hours=25),
    )
    lane.start()
    lane.decide()
    lane.pass_time(hours=24)
    Circuit.objects.all().delete()
    lane.pass_time(minutes=1)
    assert lane.shop.requests == []
    assert "ran out" in lane.exception().draft["problem"]


def test_an_open_circuit_of_one_client_holds_nobody_else(lane: Lane) -> None:
    from tenants.scope import tenant_scope

    now = clock.now()
    with tenant_scope(lane.world.quill.tenant.pk):
        Circuit.objects.create(
            kind="tool", name="shop.refund", failures=9, failed_at=now, opens=1, opened_at=now
        )
    lane.start()
    lane.decide()
    assert lane.run().status == "done"


def test_a_refusal_is_an_answer_and_opens_nothing(lane: Lane) -> None:
    lane.shop.status = 422
    for n in range(FAILURES_TO_OPEN + 1):
        lane.start(n=n)
        lane.decide()
        lane.resolve("close")
    assert not Circuit.objects.exists()
    assert not Event.objects.filter(verb="circuit.opened").exists()
