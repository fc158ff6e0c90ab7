from django.apps import AppConfig


class PortalConfig(AppConfig):
    """App config of the edge: settings, pages, admin, API, reports and notices."""

    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """Register the outbox handlers of this app, and load its Celery app."""
        from portal import celery, topics

        topics.register()
        assert celery.app
