"""Errors that nobody foresaw, written into the log as napari shows them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from .log_file import LOGGER


def log_errors() -> Callable[[], None]:
    """Write every error with a line of ours in its traceback into the log; what is returned ends that."""
    from napari.utils.notifications import ErrorNotification, notification_manager

    def hear(notification: Any) -> None:
        if not isinstance(notification, ErrorNotification):
            return
        error = notification.exception
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        if LOGGER in text:
            logging.getLogger(LOGGER).error("unforeseen: %s", text)

    notification_manager.notification_ready.connect(hear)

    def leave() -> None:
        notification_manager.notification_ready.disconnect(hear)

    return leave
