"""People are told that a budget is nearly or wholly used up: by mail, once."""

from collections.abc import Iterator
from datetime import date

import pytest

from audit import outbox
from audit.models import Event
from portal.notices.models import Notice
from tenants.scope import tenant_scope
from tests.fakes.smtp import SmtpSink
from tests.workflows.budgets.budgets_kit import set_for_provider, set_one
from tests.world import World, make_world
from workflows.budgets import reservations
from workflows.models import BudgetPeriod, ProviderBudgetPeriod

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(post: SmtpSink) -> Iterator[World]:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        yield made


def tell(period: BudgetPeriod | ProviderBudgetPeriod, topic: str) -> None:
    outbox.enqueue(topic, period.pk)
    outbox.drain()


def test_owners_and_staff_are_mailed_once(world: World, post: SmtpSink) -> None:
    budget = set_one(most=50_000_000, then="queue")
    period = BudgetPeriod.objects.create(
        budget=budget, starts_on=date(2026, 11, 1), spent=41_000_000, told="warned"
    )
    tell(period, reservations.TOLD)
    tell(period, reservations.TOLD)
    subjects = [mail["subject"] for mail in post.messages]
    assert set(subjects) == {
        f"{world.harbor.tenant.name}: the budget of $50.00 a month is nearly used up"
    }
    people = {world.harbor.owner.email, world.operator.email, world.admin.email}
    assert {to for mail in post.messages for to in mail["to"]} == people
    assert len(subjects) == len(people)
    (mail, *_) = post.messages
    said = mail["text"]
    assert "$9.00" in said
    assert "it waits for the next period" in said
    assert "/budgets/" in said
    assert Event.objects.filter(verb="budget.warned").exists()


def test_one_that_was_raised_meanwhile_is_not_told(world: World, post: SmtpSink) -> None:
    period = BudgetPeriod.objects.create(budget=set_one(), starts_on=date(2026, 11, 1), told="")
    tell(period, reservations.TOLD)
    assert post.messages == []
    assert not Notice.objects.filter(kind="budget").exists()


def test_the_providers_is_told_to_its_admins_alone(world: World, post: SmtpSink) -> None:
    period = ProviderBudgetPeriod.objects.create(
        budget=set_for_provider(), starts_on=date(2026, 11, 1), spent=1_000_000, told="stopped"
    )
    tell(period, reservations.TOLD_PROVIDER)
    assert [mail["to"] for mail in post.messages] == [[world.admin.email]]
    said = post.messages[0]["text"]
    assert "is used up" in said
    assert "/desk/budgets/" in said
    assert not Event.objects.filter(verb__startswith="budget.").exists()
    assert not Event.objects.filter(verb="mail.sent").exists()
