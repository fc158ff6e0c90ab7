"""The Django app of workflows."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """App of workflows: definitions, engine, model gateway, tools and triggers."""

    name = "workflows"
    verbose_name = "Workflows"

    def ready(self) -> None:
        """Register the handlers of this app's outbox topics."""
        from workflows import topics

        topics.register()
