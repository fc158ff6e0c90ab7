from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """HOW WORK RUNS: definitions, engine, model gateway, tools."""

    name = "workflows"
    verbose_name = "Workflows"

    def ready(self) -> None:
        """Register what this app does with rows of the outbox."""
        from workflows import topics

        topics.register()
