"""A workflow whose writing step says what happens when it fails."""

from tests.fakes.model import MODEL
from tests.workflows.definition_kit import REPLY, SEND, definition

OTHER = "openai/other"


def written(head: str, *, model: str = MODEL, more: str = "") -> str:
    """A workflow that writes and sends, with more in the head of its writing step."""
    steps = (REPLY + SEND + more).replace("    needs: [facts]\n", f"    needs: [facts]\n{head}")
    return definition(steps, model=model)
