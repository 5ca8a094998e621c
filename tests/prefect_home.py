"""The Prefect that tests work with: a home and a port for each process of the suite, and nothing of the user's."""

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from blocks import local_server
from blocks.server_state import api_url
from tests.ports import take_port

if TYPE_CHECKING:
    from prefect.context import SettingsContext
    from prefect.settings import Profile, Settings

# Nothing listens here.
NOWHERE = "http://127.0.0.1:9/api"
_ROOT = "TESTS_ROOT"


class PrefectHome:
    """A home and an API URL, and a store and a cache for everything else; the server is started when it is needed."""

    def __init__(self) -> None:
        worker = os.environ.get("PYTEST_XDIST_WORKER")
        if not worker:  # the workers' folders lie in that of the process that starts them
            os.environ[_ROOT] = _folder_that_is_cleaned()
        self.folder = Path(os.environ[_ROOT]) / (worker or "main")
        self.home = self.folder / "prefect"
        self.port = take_port()
        self.api_url = api_url(self.port)

    def settle(self) -> None:
        """Let this process and its children use this home, whatever the environment says.

        Prefect reads its settings when it is imported, so this must come before.
        """
        assert "prefect" not in sys.modules, "Prefect has read the user's own settings"
        for name in [name for name in os.environ if name.startswith(("PREFECT_", "NEUROSHORTS_"))]:
            del os.environ[name]
        self.home.mkdir(parents=True)
        os.environ.update(local_server.client_environment(self.api_url, home=self.home))
        os.environ["NEUROSHORTS_STORE"] = str(self.folder / "store")
        os.environ["NEUROSHORTS_CACHE_DIR"] = str(self.folder / "cache")

    def start_server(self) -> str:
        """Start the server, which ends when the tests do; return its API URL."""
        return local_server.ensure_server(home=self.home, port=self.port)

    @contextmanager
    def without_server(self) -> Generator[None]:
        """Let nothing inside the block find the server, whether it runs or not."""
        was_imported = "prefect.context" in sys.modules
        os.environ["PREFECT_API_URL"] = NOWHERE
        try:
            with _settings_without_server() if was_imported else nullcontext():
                yield
        finally:
            os.environ["PREFECT_API_URL"] = self.api_url
            if not was_imported and "prefect.context" in sys.modules:
                sys.modules["prefect.context"].refresh_global_settings_context()


def _settings_without_server() -> "SettingsContext":
    from prefect.context import SettingsContext

    profile, settings = _profile_and_settings()
    return SettingsContext(profile=profile, settings=settings)


@cache  # it takes a tenth of a second
def _profile_and_settings() -> "tuple[Profile, Settings]":
    from prefect.context import get_settings_context
    from prefect.settings import PREFECT_API_URL

    now = get_settings_context()
    return now.profile, now.settings.copy_with_update(updates={PREFECT_API_URL: NOWHERE})


def _folder_that_is_cleaned() -> str:
    folder = tempfile.mkdtemp(prefix="neuroshorts-tests-")
    cleaner = subprocess.Popen(
        [sys.executable, "-m", "tests.cleaner", folder],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        start_new_session=True,  # not ended with the tests by Ctrl-C
    )
    # Exit handlers run last in, first out: Prefect registers its own later, and sends its last logs before this.
    atexit.register(cleaner.communicate)
    return folder
