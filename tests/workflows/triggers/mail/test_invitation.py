"""Invitations in mails, read as lines of text."""

import pytest

from workflows.triggers.mail.invitation import read


def event(*lines: str, method: str = "") -> str:
    head = ["BEGIN:VCALENDAR", *([f"METHOD:{method}"] if method else []), "BEGIN:VEVENT"]
    return "\r\n".join([*head, *lines, "END:VEVENT", "END:VCALENDAR"])


def test_an_event_is_said_with_its_title_time_and_place() -> None:
    text = event(
        "SUMMARY:Delivery",
        "DTSTART:20261201T090000Z",
        "DTEND:20261201T093000Z",
        "LOCATION:Long Street 1",
        "DESCRIPTION:Ring twice.",
    )
    assert read(text).split("\n") == [
        "Invitation: Delivery",
        "When: 2026-12-01 09:00 UTC to 2026-12-01 09:30 UTC",
        "Where: Long Street 1",
        "Ring twice.",
    ]


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("", "Invitation: Delivery"),
        ("REQUEST", "Invitation: Delivery"),
        ("CANCEL", "Invitation taken back: Delivery"),
        ("cancel", "Invitation taken back: Delivery"),
        ("REPLY", "Answer to an invitation: Delivery"),
    ],
)
def test_an_invitation_says_what_became_of_it(method: str, said: str) -> None:
    assert read(event("SUMMARY:Delivery", method=method)) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DTSTART;VALUE=DATE:20261201", "When: 2026-12-01"),
        ("DTSTART:20261201T090000", "When: 2026-12-01 09:00"),
        ("DTSTART;TZID=Europe/Berlin:20261201T090000", "When: 2026-12-01 09:00 (Europe/Berlin)"),
        ("DTSTART;TZID=\"Asia/Kolkata\":20261201T090000", "When: 2026-12-01 09:00 (Asia/Kolkata)"),
        ("DTSTART:next week", "When: next week"),
    ],
)  # fmt: skip
def test_a_time_is_said_in_its_zone(line: str, said: str) -> None:
    assert read(event("SUMMARY:Delivery", line)) == f"Invitation: Delivery\n{said}"


def test_marks_and_folded_lines_are_read_as_they_were_written() -> None:
    text = event("SUMMARY:Lamps\\, stools\\; and\r\n  a box", "DESCRIPTION:One\\nTwo\\NThree \\\\")
    assert read(text) == "Invitation: Lamps, stools; and a box\nOne\nTwo\nThree \\"


def test_the_first_event_is_read_and_not_its_alarms() -> None:
    first = event(
        "SUMMARY:First", "BEGIN:VALARM", "DESCRIPTION:Soon", "SUMMARY:Alarm", "END:VALARM"
    )
    second = event("SUMMARY:Second", "LOCATION:There")
    assert read(f"{first}\r\n{second}") == "Invitation: First\nSoon"


@pytest.mark.parametrize(
    "text", ["", "BEGIN:VCALENDAR\nSUMMARY:Outside\nEND:VCALENDAR", event("UID:1"), "no calendar"]
)
def test_a_text_without_an_event_says_nothing(text: str) -> None:
    assert read(text) == ""


def test_an_empty_place_is_not_said() -> None:
    assert read(event("SUMMARY:Delivery", "LOCATION:")) == "Invitation: Delivery"


def test_a_value_is_cut_and_lines_without_end_are_not_read() -> None:
    assert len(read(event(f"SUMMARY:{'x' * 5000}"))) == len("Invitation: ") + 2000
    assert read("X:1\n" * 5000 + event("SUMMARY:Late")) == ""
