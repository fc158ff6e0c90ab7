"""The Django app of the record and the outbox."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app of the record (events and their seals) and of the outbox (jobs and their worker)."""

    name = "audit"
    verbose_name = "Record"

    def ready(self) -> None:
        """Give ``tenants``, which may not import this app, the function that writes an event."""
        from audit.services import record
        from tenants import recording

        recording.set_recorder(record)
