"""Ways out of an exception: which are offered, and what is told of them."""

import pytest

from workflows.exceptions.ways_out import WayOut, all_ways_out, way_out_label

W = WayOut


@pytest.mark.parametrize(
    ("given", "step", "ways"),
    [
        ((W.RETRY, W.CLOSE), "reply", [W.RETRY, W.SKIP, W.HAND, W.CANCEL, W.CLOSE]),
        ((W.ASK_AGAIN, W.CLOSE), "pay", [W.ASK_AGAIN, W.SKIP, W.HAND, W.CANCEL, W.CLOSE]),
        ((W.RETRY,), "run", [W.RETRY, W.HAND, W.CANCEL]),
        ((W.CLOSE,), "pay", [W.HAND, W.CANCEL, W.CLOSE]),
        ((W.SKIP, W.CLOSE), "pay", [W.SKIP, W.HAND, W.CANCEL, W.CLOSE]),
        # Nobody may cancel or skip what may have happened: a person has to look first.
        ((W.HAPPENED, W.DID_NOT), "pay", [W.HAPPENED, W.DID_NOT, W.HAND]),
    ],
)
def test_every_exception_can_be_handed_on_and_close_comes_last(
    given: tuple[WayOut, ...], step: str, ways: list[WayOut]
) -> None:
    assert all_ways_out(given, step) == ways


def test_three_ways_out_need_a_form() -> None:
    assert [way for way in WayOut if way.needs_form] == [W.ANSWER, W.SKIP, W.HAND]


def test_a_report_tells_what_a_person_did() -> None:
    assert W.SKIP.told == "A person gave a value instead."
    assert W.CLOSE.told == "A person took it from there."


def test_a_reason_that_is_no_way_out_has_no_label() -> None:
    assert way_out_label("hand") == "Hand it to a person"
    assert way_out_label("tone") == ""
    assert way_out_label("") == ""
