from django.apps import AppConfig


class AuditConfig(AppConfig):
    """WHAT HAPPENED and WHAT IS OWED."""

    name = "audit"
    verbose_name = "Record"

    def ready(self) -> None:
        """Let the app below write the record too."""
        from audit.services import record
        from tenants import recording

        recording.use(record)
