"""Source revisions that a finished step used."""

from workflows.models import StepRun


def revisions_in(row: StepRun) -> set[str]:
    """Return the ids of the source revisions a step used, those of its child runs included."""
    output = row.output or {}
    if row.kind == "retrieve":
        return {piece["revision"] for piece in output.get("found", ())}
    if row.kind == "handoff":
        parts = output.get("items", [output])
        return {revision for part in parts for revision in part.get("revisions", ())}
    return set()
