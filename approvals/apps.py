"""The Django app of approvals."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """The app of approvals: permission ladder, review queue, decisions and permits."""

    name = "approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        """Register this app's handlers of outbox topics."""
        from approvals import topics

        topics.register()
