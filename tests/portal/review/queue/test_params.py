"""The address of the queue: what it means, what is kept of it, and how it is written."""

from portal.review.queue.params import view_of


def test_what_a_row_says_that_nobody_knows_any_more_is_left_out() -> None:
    view = view_of({"group": "colour", "due": "never", "who": "them"}, "all", decides=True)
    assert (view.group, view.due, view.scope) == ("", "", "mine")
