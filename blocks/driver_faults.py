"""What goes wrong in the drivers of storage: which errors they raise, and what each means here."""

import sys

from engines.errors import NeuroShortsError, StoreRefused, StoreUnreachable

# Where each driver that may be loaded keeps the roots of its errors; OSError is not all of them.
_FAULTS = {
    "botocore.exceptions": ("BotoCoreError", "ClientError"),
    "aiohttp": ("ClientError",),
    "gcsfs.retry": ("HttpError", "ChecksumError", "NonRetryableError"),
    "google.auth.exceptions": ("GoogleAuthError",),
    "googleapiclient.errors": ("Error",),
    "httplib2": ("HttpLib2Error",),
    "httpx": ("HTTPError", "StreamError"),
    "webdav4.client": ("ClientError",),
    "webdav4.multistatus": ("MultiStatusResponseError",),
    "paramiko": ("SSHException",),
    "builtins": ("EOFError",),  # what paramiko raises when it writes to a connection that has just been lost
}
_NO_ACCESS = frozenset({401, 403})
_KEYS_REFUSED = frozenset(
    {
        *("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "RefreshError"),
        *("ForbiddenOperation", "AuthenticationException", "BadHostKeyException"),
    }
)


def faults() -> tuple[type[Exception], ...]:
    """Return the roots of the errors that the loaded drivers raise."""
    loaded = ((sys.modules.get(module), names) for module, names in _FAULTS.items())
    return (OSError, *(getattr(module, name) for module, names in loaded if module for name in names))


def named_fault(error: Exception, uri: str) -> NeuroShortsError:
    """Return the failure of ours that a driver's error means: one that no waiting mends, or one that may pass."""
    status = getattr(error, "code", None) or getattr(error, "status_code", None)
    if isinstance(error, PermissionError) or status in _NO_ACCESS or type(error).__name__ in _KEYS_REFUSED:
        return StoreRefused(uri=uri, reason=f"no access: {error}")
    return StoreUnreachable(uri=uri, reason=str(error) or type(error).__name__)
