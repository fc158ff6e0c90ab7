from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """WHO SAYS YES: ladder, review queue, decisions, permits."""

    name = "approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        """Register what this app does with rows of the outbox."""
        from approvals import topics

        topics.register()
