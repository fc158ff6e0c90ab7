"""Structured logs: one JSON object a line, with the id of the request."""

import logging

import structlog
from structlog.typing import EventDict, WrappedLogger

from audit.request_context import request_id


def _request(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    if current := request_id.get():
        event["request_id"] = current
    return event


def formatter() -> logging.Formatter:
    """Return the formatter of every log handler."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _request,
        ],
    )
