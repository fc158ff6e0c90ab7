"""What this app does with rows of the outbox."""


def register() -> None:
    """Take the topics of this app."""
