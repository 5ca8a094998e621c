"""Errors to Sentry, for installations that name a DSN: those that no user and no passing fault made."""

import logging

from blocks.logs import place_of
from blocks.settings import get_settings
from engines.errors import TransientError, UserError

_TAGS = ("flow_run_id", "flow_run_name", "task_run_name", "scene")


class SentryHandler(logging.Handler):
    """Sends every logged error that has a traceback, with its run and scene as tags; without a DSN it does nothing."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        dsn = get_settings().sentry_dsn
        self._is_on = dsn is not None
        if dsn is None:
            return
        import sentry_sdk

        sentry_sdk.init(
            dsn=dsn.get_secret_value(),
            default_integrations=False,  # nothing but what is handed over below
            send_default_pii=False,
            include_local_variables=False,  # they may hold secrets
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record's error, unless a user can mend it or it may pass."""
        error = record.exc_info[1] if record.exc_info else None
        if not self._is_on or error is None or isinstance(error, UserError | TransientError):
            return
        import sentry_sdk

        place = place_of(record)
        with sentry_sdk.new_scope() as scope:
            for name in _TAGS:
                if name in place:
                    scope.set_tag(name, place[name])
            sentry_sdk.capture_exception(error)

    def flush(self) -> None:
        """Wait for what is being sent, for as long as a run may wait at its end."""
        if self._is_on:
            import sentry_sdk

            sentry_sdk.flush(timeout=2)
