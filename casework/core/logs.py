"""Logs: key=value lines with an event, a kind and a place. No query strings, no text that people
typed, no names.
"""

import logging
import sys

import structlog
from flask import Flask


def init_app(app: Flask) -> None:
    """Send the program's own events to standard error; keep SQL and its parameters out, at any
    level.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    app.logger.setLevel(logging.WARNING)
