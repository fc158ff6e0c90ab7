"""The pure parts of the weekly report: weeks, words, tallies."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from portal.reports import words
from portal.reports.counts import Decided, Undone, edits, share, top_reason, week_tally
from portal.reports.interventions import intervention_groups
from portal.reports.present import _percents
from portal.reports.week import Week, newest_due, next_daily, week_of
from tenants import clock
from tenants.ids import first_id, uuid7

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("monday", "hours"),
    [(date(2026, 3, 23), 167), (date(2026, 10, 19), 169), (date(2026, 11, 9), 168)],
)
def test_a_week_is_as_long_as_its_clocks_make_it(monday: date, hours: int) -> None:
    week = Week(monday, BERLIN)
    assert week.end - week.start == hours * HOUR
    assert week.later(1).start == week.end
    assert week_of(week.start, BERLIN) == week
    assert week_of(week.end - timedelta(microseconds=1), BERLIN) == week


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Pacific/Auckland", datetime(2026, 11, 15, 18, tzinfo=UTC)),
        ("UTC", datetime(2026, 11, 16, 7, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 11, 16, 15, tzinfo=UTC)),
    ],
)
def test_a_report_is_due_on_monday_at_seven_where_the_tenant_lives(
    zone: str, due: datetime
) -> None:
    week = Week(date(2026, 11, 9), ZoneInfo(zone))
    assert week.due == due
    assert newest_due(due, week.zone) == week
    assert newest_due(due - timedelta(seconds=1), week.zone) == week.later(-1)
    assert newest_due(due + timedelta(days=6), week.zone) == week


def test_the_next_morning_is_a_day_away_also_when_the_clocks_change() -> None:
    before = datetime(2026, 3, 28, 4, tzinfo=BERLIN)
    assert next_daily(before, time(4), BERLIN) - before.astimezone(UTC) == 23 * HOUR


def test_a_week_begins_on_monday() -> None:
    with pytest.raises(ValueError, match="no Monday"):
        Week(date(2026, 11, 10), BERLIN)


@pytest.mark.parametrize(
    ("monday", "said"),
    [
        (date(2026, 11, 9), "9 to 15 November 2026"),
        (date(2026, 9, 28), "28 September to 4 October 2026"),
        (date(2026, 12, 28), "28 December 2026 to 3 January 2027"),
    ],
)
def test_a_week_is_named_without_repeating_itself(monday: date, said: str) -> None:
    assert str(Week(monday, BERLIN)) == said


def test_ids_made_from_a_moment_on_lie_at_or_above_its_first_id() -> None:
    moment = datetime(2026, 11, 9, tzinfo=UTC)
    with clock.at(moment):
        assert uuid7() >= first_id(moment)
    with clock.at(moment - timedelta(milliseconds=1)):
        assert uuid7() < first_id(moment)


@pytest.mark.parametrize(
    ("decided", "accepted", "needed", "said"),
    [
        (63, 54, 2, "Of 63 pieces of work, you accepted 54 as written. Two decisions need you."),
        (7, 5, 1, "Of seven pieces of work, you accepted five as written. One decision needs you."),
        (7, 7, 0, "You accepted all seven pieces of work as written. Nothing needs you now."),
        (
            1,
            1,
            0,
            "One piece of work was decided, and you accepted it as written. Nothing needs you now.",
        ),
        (
            1,
            0,
            11,
            "One piece of work was decided, and it was not accepted as written. "
            "11 decisions need you.",
        ),
        (13, 10, 0, "Of 13 pieces of work, you accepted 10 as written. Nothing needs you now."),
        (4, 0, 0, "Of four pieces of work, you accepted none as written. Nothing needs you now."),
        (0, 0, 0, "Nothing was decided this week. Nothing needs you now."),
    ],
)
def test_the_headline_is_right_for_none_one_and_many(
    decided: int, accepted: int, needed: int, said: str
) -> None:
    assert words.plain_sentence(words.headline(decided, accepted, needed)) == said


def test_a_share_is_all_only_where_it_is_all() -> None:
    assert share({"accepted": 999, "decided": 1000}) == 99
    assert share({"accepted": 1, "decided": 1000}) == 1
    assert share({"accepted": 3, "decided": 3}) == 100
    assert share({"accepted": 0, "decided": 0}) is None


def test_comparisons_say_which_way_it_went() -> None:
    now, before = {"accepted": 86, "decided": 100}, {"accepted": 79, "decided": 100}
    assert words.share_note(now, before) == ["86%", "up from 79%"]
    assert words.share_note(before, now) == ["79%", "down from 86%"]
    assert words.share_note(now, {"accepted": 0, "decided": 0}) == ["86%", ""]
    assert words.share_note({"accepted": 0, "decided": 0}, now) == ["", ""]
    assert words.change_note(5, 9) == "down from 9"
    assert words.change_note(5, 0) == "never the week before"
    assert words.change_note(0, 0) == ""


@pytest.mark.parametrize(
    ("micros", "said"),
    [(0, "$0.00"), (1, "less than $0.01"), (4_100_000, "$4.10"), (1_234_567_890, "$1,234.57")],
)
def test_cost_is_said_in_dollars(micros: int, said: str) -> None:
    assert words.dollars(micros) == said


def row(choice: str, *, kind: str = "draft", id: UUID | None = None, **more: object) -> Decided:
    given = {"reason": "", "title": "A", "workflow": "Refunds", "step": "s"} | more
    rest = {"words_changed": 0, "words": ""} | given
    return Decided(id=id or uuid4(), kind=kind, choice=choice, **rest)  # type: ignore[arg-type]


def test_a_row_read_twice_counts_once() -> None:
    twice = row("reject", reason="tone")
    act = Undone(uuid4(), "Shop refund", "Refund $5", "")
    found = week_tally([twice, twice, row("accept")], [act, act], [])
    assert found.counts() == {
        "decided": 2,
        "accepted": 1,
        "corrected": 0,
        "rejected": 1,
        "taken_over": 0,
        "stepped_in": 2,
        "expired": 0,
    }
    assert found.buckets["rejected-tone"] == [str(twice.id)]


def test_an_exception_resolved_is_a_moment_somebody_stepped_in_but_no_piece_of_work() -> None:
    found = week_tally([row("resolve", kind="exception")], [], [])
    assert (found.count("decided"), found.count("stepped_in")) == (0, 1)


def test_the_reason_given_most_often_is_named() -> None:
    rows = [row("reject", reason=r) for r in ("tone", "missed_context", "missed_context")]
    assert top_reason(rows) == ("missed_context", 2)
    assert top_reason([row("accept")]) is None


def test_edits_are_called_small_only_where_most_are() -> None:
    def size(*sizes: int) -> str:
        return edits([row("correct", words_changed=n) for n in sizes])

    assert size() == ""
    assert size(1) == "1 word changed"
    assert size(2, 3, 90) == "mostly small edits"
    assert size(2, 40, 90) == "mostly large edits"
    assert size(10, 12) == "about 11 words each"


def test_every_moment_lies_in_exactly_one_group() -> None:
    rows = [
        row("accept"),
        row("reject", reason="tone", words="Too stiff."),
        row("reject", reason="tone"),
        row("correct", words_changed=3),
        row("take_over"),
        row("resolve", kind="exception", reason="retry", title="Refunds: it broke"),
    ]
    act = Undone(uuid4(), "Shop refund", "Refund $5", "Refunded by phone already.")
    found = intervention_groups(rows, [act])
    ids = [one for group in found for one in group.ids]
    assert sorted(ids) == sorted([*(str(r.id) for r in rows[1:]), str(act.id)])
    said = {group.title: group.said for group in found}
    assert said["Refunds: rejected, tone"] == "“Too stiff.”"
    assert said["Refunds: it broke"] == "A person had it try again."
    assert said["Shop refund undone"] == "Refunded by phone already."
    assert found[0].title == "Refunds: rejected, tone"


def test_an_undo_that_stopped_is_no_moment_of_its_step() -> None:
    rows = [
        row("resolve", kind="exception", reason="close", title=title, about_undo=about_undo)
        for about_undo in (False, True)
        for title in ("One", "Two")
    ]
    found = intervention_groups(rows, [])
    assert {group.title: group.ids for group in found} == {
        "Refunds: could not go on at “s”": [str(one.id) for one in rows[:2]],
        "Refunds: could not undo “s”": [str(one.id) for one in rows[2:]],
    }


def test_percents_add_up_and_show_what_is_there() -> None:
    assert sum(_percents([1, 1, 1, 0])) == 100
    assert _percents([999, 1, 0, 0]) == [99, 1, 0, 0]
    assert _percents([0, 0, 0, 0]) == [0, 0, 0, 0]
