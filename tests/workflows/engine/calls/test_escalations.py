"""A stronger model is asked once: what does not fit, and what its sources don't support."""

from typing import Any

import pytest

from tenants import clock
from tenants.models import Tenant
from tests.fakes.model import Answer, ModelServer, Reply
from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import DOLLAR, set_one
from tests.workflows.engine.calls.routes_kit import ONLY_DRAFT, VALUE, with_fallbacks
from tests.workflows.routing.routing_kit import let_hold
from workflows.engine.calls.escalations import former_call, is_escalated
from workflows.models import Call, Circuit

QUICK, STRONG = "openai/quick", "openai/strong"
UNFIT = "Sure! Here is your reply."
AMOUNT = {"value": 4820, "currency": "USD"}
POLICY = "Damaged items are refunded in full within 30 days of delivery"
GOOD = {"text": f"{POLICY} [2].", "refund": AMOUNT}
INVENTED = {"text": "Every customer gets a golden bicycle [2].", "refund": AMOUNT}
ALSO_INVENTED = {"text": "Every customer gets a silver tricycle [2].", "refund": AMOUNT}


def table_of_two(*, use: tuple[str, ...] = (QUICK,), **strong: Any) -> dict[str, Any]:
    """A table whose one row asks the quick model, with a strong one beside it."""
    deployments = [
        {"name": QUICK, "title": "the quick model", "strength": "quick", "sees": "personal"},
        {"name": STRONG, "title": "the strong model", "strength": "strong", "sees": "personal"},
    ]
    for one, price in zip(deployments, (1, 5), strict=True):
        one |= {"price_in": price, "price_out": price}
    deployments[1] |= strong
    return {"deployments": deployments, "rows": [{"use": list(use)}]}


@pytest.fixture
def two(lane: Lane, model: ModelServer) -> ModelServer:
    """Drafts are asked of the quick model; a strong one is in the table beside it."""
    let_hold(table_of_two(), lane.world.admin)
    lane.use(ONLY_DRAFT)
    return model


def script(model: ModelServer, **answers: list[Answer]) -> None:
    """Let each model give its answers in turn, the last of them again and again."""

    def answer(asked: dict[str, Any]) -> Answer:
        left = answers[asked["model"]]
        return left.pop(0) if len(left) > 1 else left[0]

    model.answers = answer


def asked(model: ModelServer) -> list[str]:
    return [request["model"] for request in model.requests]


def last_call() -> Call:
    found = Call.objects.filter(kind="model").order_by("id").last()
    assert found is not None
    return found


# -- What does not fit ---------------------------------------------------------------------


def test_what_can_not_be_repaired_a_stronger_model_is_asked(lane: Lane, two: ModelServer) -> None:
    script(two, quick=[UNFIT], strong=[GOOD])
    lane.start()
    assert asked(two) == ["quick", "quick", "strong"]
    assert lane.item().draft["text"] == f"{POLICY}."
    call = last_call()
    assert call.why == "the strong model, because the quick model's answer did not fit"
    assert call.choice["escalated"] == "schema"
    assert call.choice["passed_over"] == [[QUICK, "its answer did not fit"]]
    assert lane.item().evidence["model_why"] == call.why
    assert lane.verbs().count("step.fell_back") == 1
    assert lane.note("reply").startswith(f"Next, the model {STRONG}. The model did not answer")
    # It is asked the question alone, without the other's answer.
    assert [one["role"] for one in two.requests[2]["messages"]] == ["system", "user"]


def test_a_stronger_model_is_asked_once_and_its_answer_not_repaired_again(
    lane: Lane, two: ModelServer
) -> None:
    script(two, quick=[UNFIT], strong=[UNFIT])
    lane.start()
    lane.pass_time(hours=1)
    assert asked(two) == ["quick", "quick", "strong"]
    assert "could not be written" in lane.exception().draft["problem"]


def test_after_the_stronger_model_the_definitions_fallback_is_used(
    lane: Lane, two: ModelServer
) -> None:
    lane.use(with_fallbacks(VALUE))
    script(two, quick=[UNFIT], strong=[UNFIT])
    lane.start()
    assert asked(two) == ["quick", "quick", "strong"]
    assert lane.item().draft["text"] == "We will write to you."


def test_a_stronger_model_that_fails_is_tried_again_and_then_left(
    lane: Lane, two: ModelServer
) -> None:
    script(two, quick=[UNFIT], strong=[Reply(400, "no such model")])
    lane.start()
    assert asked(two) == ["quick", "quick", "strong"]
    assert lane.steps()["reply"] == "failed"


@pytest.mark.parametrize("why", ["off", "sees", "bounds", "rests"])
def test_no_stronger_model_is_asked_that_may_not_be(lane: Lane, two: ModelServer, why: str) -> None:
    changes = {"off": {"is_on": False}, "sees": {"sees": "public"}}.get(why, {})
    let_hold(table_of_two(**changes), lane.world.admin)
    if why == "bounds":
        Tenant.objects.filter(pk=lane.client.tenant.pk).update(model_names=[QUICK])
    if why == "rests":
        now = clock.now()
        Circuit.objects.create(
            kind="model", name=STRONG, failures=2, failed_at=now, opens=1, opened_at=now
        )
    script(two, quick=[UNFIT], strong=[GOOD])
    lane.start()
    assert asked(two) == ["quick", "quick"]
    assert lane.steps()["reply"] == "failed"


def test_without_a_stronger_one_the_next_of_the_row_is_asked(lane: Lane, two: ModelServer) -> None:
    let_hold(table_of_two(use=(STRONG, QUICK)), lane.world.admin)
    script(two, quick=[GOOD], strong=[UNFIT])
    lane.start()
    assert asked(two) == ["strong", "strong", "quick"]
    assert not is_escalated(last_call())
    assert lane.steps()["reply"] == "done"


def test_a_stronger_model_for_which_no_budget_is_left_is_not_asked(
    lane: Lane, two: ModelServer
) -> None:
    let_hold(table_of_two(price_in=9_000, price_out=9_000), lane.world.admin)
    set_one(most=DOLLAR)
    script(two, quick=[UNFIT], strong=[GOOD])
    lane.start()
    assert asked(two) == ["quick", "quick"]
    assert last_call().name == STRONG


# -- What sources don't support ------------------------------------------------------------


def test_a_stronger_model_writes_what_sources_do_not_support(lane: Lane, two: ModelServer) -> None:
    script(two, quick=[INVENTED], strong=[GOOD])
    lane.start()
    assert asked(two) == ["quick", "strong"]
    assert lane.item().draft["text"] == f"{POLICY}."
    call = last_call()
    assert call.why == (
        "the strong model, because the sources did not support the quick model's answer"
    )
    assert former_call(call) == Call.objects.get(name=QUICK).pk
    assert lane.item().evidence["model"] == STRONG
    assert lane.verbs().count("step.fell_back") == 1


def test_what_the_stronger_one_is_not_supported_in_either_is_put_up_marked(
    lane: Lane, two: ModelServer
) -> None:
    script(two, quick=[INVENTED], strong=[ALSO_INVENTED])
    lane.start()
    assert asked(two) == ["quick", "strong"]
    assert lane.item().draft["text"] == "Every customer gets a silver tricycle."
    assert [span["supported"] for span in lane.item().draft["spans"]] == [False]


@pytest.mark.parametrize("answer", [Reply(503), Reply(400), UNFIT, "", None], ids=range(5))
def test_where_the_stronger_one_gives_none_the_former_answer_is_used_at_once(
    lane: Lane, two: ModelServer, answer: Answer
) -> None:
    script(two, quick=[INVENTED], strong=[answer])
    lane.start()
    assert asked(two) == ["quick", "strong"]
    assert lane.item().draft["text"] == "Every customer gets a golden bicycle."
    assert lane.item().evidence["model"] == QUICK
    assert last_call().status == "failed"
    lane.pass_time(hours=1)
    assert asked(two) == ["quick", "strong"]


@pytest.mark.parametrize("then", ["queue", "cheaper", "person"])
def test_where_no_budget_is_left_for_the_stronger_one_the_former_answer_is_used(
    lane: Lane, two: ModelServer, then: str
) -> None:
    let_hold(table_of_two(price_in=9_000, price_out=9_000), lane.world.admin)
    set_one(most=DOLLAR, then=then)
    script(two, quick=[INVENTED], strong=[GOOD])
    lane.start()
    assert asked(two) == ["quick"]
    assert lane.item().draft["text"] == "Every customer gets a golden bicycle."
    assert lane.item().evidence["model"] == QUICK


def test_without_a_table_what_is_not_supported_is_put_up_marked(
    lane: Lane, model: ModelServer
) -> None:
    lane.use(ONLY_DRAFT.replace("title:", f"model: {QUICK}\ntitle:", 1))
    script(model, quick=[INVENTED])
    lane.start()
    assert asked(model) == ["quick"]
    assert [span["supported"] for span in lane.item().draft["spans"]] == [False]
