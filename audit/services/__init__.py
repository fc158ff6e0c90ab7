from audit.services.record import record, record_about

__all__ = ["record", "record_about"]
