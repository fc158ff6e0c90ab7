from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """HOW WORK RUNS: definitions, engine, model gateway, tools."""

    name = "workflows"
    verbose_name = "Workflows"

    def ready(self) -> None:
        """Register the handlers of this app's outbox topics."""
        from workflows import topics

        topics.register()
