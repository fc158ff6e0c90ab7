"""Services that write events to the record."""

from audit.services.record import event_row, record, record_about

__all__ = ["event_row", "record", "record_about"]
