"""Terms of budgets: units, periods, what happens beyond, and amounts in words. Pure."""

from datetime import date, timedelta

from django.db.models import TextChoices


class BudgetUnit(TextChoices):
    """Unit that a budget counts in."""

    MONEY = "money", "US dollars"
    TOKENS = "tokens", "tokens"
    CALLS = "calls", "calls to models"


class Period(TextChoices):
    """Period after which a budget begins anew, in the client's time zone."""

    DAY = "day", "each day"
    WEEK = "week", "each week, from Monday"
    MONTH = "month", "each month"
    RUN = "run", "each run"


class Then(TextChoices):
    """What happens to a call that may go beyond a budget."""

    PERSON = "person", "a person is asked"
    QUEUE = "queue", "it waits for the next period"
    CHEAPER = "cheaper", "easy steps ask a cheaper model, for the others a person is asked"


CALENDAR = (Period.DAY, Period.WEEK, Period.MONTH)


def period_start(period: Period, day: date) -> date | None:
    """Return the first day of the period that a day is in; None for a run."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
    return None


def next_period(period: Period, start: date) -> date:
    """Return the first day of the period after the one that begins at ``start``."""
    match period:
        case Period.DAY:
            return start + timedelta(days=1)
        case Period.WEEK:
            return start + timedelta(days=7)
    # The first of a month and 31 days are always in the next month.
    return (start + timedelta(days=31)).replace(day=1)


def period_starts(day: date) -> dict[str, str]:
    """Return the first day of each calendar period that a day is in, as ISO dates."""
    return {period.value: str(period_start(period, day)) for period in CALENDAR}


def amount_text(unit: str, amount: int) -> str:
    """Return an amount in words: "$12.30", "1,200 tokens", "1 call"."""
    if unit == BudgetUnit.MONEY:
        return _money_text(amount)
    noun = "token" if unit == BudgetUnit.TOKENS else "call"
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def _money_text(micros: int) -> str:
    """Return millionths of a US dollar with as many digits as say what a call costs."""
    digits = 2 if micros == 0 or micros >= 10_000 else 4 if micros >= 100 else 6
    return f"${micros / 1_000_000:,.{digits}f}"


def limit_text(unit: str, period: str, most: int) -> str:
    """Return a budget in words: "$50.00 a month", "100 calls a run"."""
    return f"{amount_text(unit, most)} a {period}"
