"""The draft of an exception is written as it is read, without what is empty."""

from uuid import UUID

from workflows.exceptions.causes import Cause
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.ways_out import WayOut

ID = UUID("01996c1e-0000-7000-8000-000000000001")


def test_a_draft_is_kept_without_what_is_empty() -> None:
    draft = ExceptionDraft("It broke.", Cause.CODE, "reply", (WayOut.RETRY, WayOut.CLOSE))
    assert draft.as_json() == {
        "problem": "It broke.",
        "cause": "code",
        "step": "reply",
        "options": ["retry", "close"],
        "owner": "",
        "owner_id": "",
    }
    assert ExceptionDraft.read(draft.as_json()) == draft


def test_actions_and_child_runs_are_named_by_their_ids() -> None:
    draft = ExceptionDraft(
        "It broke.", Cause.DATA, "pay", field="email", item_id=ID, proposal_id=ID, child=ID
    )
    kept = draft.as_json()
    assert (kept["item"], kept["proposal"], kept["child"]) == (str(ID), str(ID), str(ID))
    assert kept["field"] == "email"
    assert ExceptionDraft.read(kept) == draft


def test_handing_over_keeps_the_problem_and_its_ways_out() -> None:
    draft = ExceptionDraft("It broke.", Cause.HOST, "pay", (WayOut.RETRY,), item_id=ID)
    handed = draft.handed_to("Ana", "7", by="Ola", note="You know them.")
    assert (handed.owner, handed.owner_id) == ("Ana", "7")
    assert (handed.handed_by, handed.note) == ("Ola", "You know them.")
    assert (handed.problem, handed.ways_out, handed.item_id) == ("It broke.", draft.ways_out, ID)
    assert handed.is_handed
    assert not draft.is_handed


def test_a_cause_that_is_not_known_is_none() -> None:
    assert ExceptionDraft.read({"cause": "of another release"}).cause is None
    assert ExceptionDraft.read({}).problem == ""


def test_a_draft_about_an_undo_says_so_beside_its_step() -> None:
    draft = ExceptionDraft("It broke.", Cause.SAID_NO, "refund", about_undo=True)
    kept = draft.as_json()
    assert (kept["step"], kept["undo"]) == ("refund", True)
    assert ExceptionDraft.read(kept) == draft
    assert draft.handed_to("Ana", "7", by="Ola", note="").about_undo
    assert "undo" not in ExceptionDraft("It broke.", Cause.SAID_NO, "refund").as_json()


def test_a_step_that_ends_in_the_old_mark_is_about_an_undo() -> None:
    draft = ExceptionDraft.read({"problem": "It broke.", "step": "refund~"})
    assert (draft.step, draft.about_undo) == ("refund", True)
    assert not ExceptionDraft.read({"step": "refund"}).about_undo
