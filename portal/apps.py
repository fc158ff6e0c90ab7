from django.apps import AppConfig


class PortalConfig(AppConfig):
    """THE EDGE: settings, pages, admin, API, reports, notices."""

    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """Register what this app does with rows of the outbox, and its checks."""
        from portal import celery, topics

        topics.register()
        assert celery.app
