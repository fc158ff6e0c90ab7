"""Services that write events to the record."""

from audit.services.record import record, record_about

__all__ = ["record", "record_about"]
