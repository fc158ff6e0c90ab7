"""What a finished step rests on."""

from workflows.models import StepRun


def revisions_in(row: StepRun) -> set[str]:
    """The source revisions that a finished step rests on, what it handed over included."""
    output = row.output or {}
    if row.kind == "retrieve":
        return {piece["revision"] for piece in output.get("found", ())}
    if row.kind == "handoff":
        parts = output.get("items", [output])
        return {revision for part in parts for revision in part.get("revisions", ())}
    return set()
