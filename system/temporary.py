"""Temporary files of a worker and of the runs that it starts: in a folder of its own, which outlives none of them.

Prefect and libraries make temporary folders and take them away themselves, unless they are killed. What a dead worker
has left, the next one removes, but for what a run still uses that has outlived its worker.
"""

import os
import tempfile
from pathlib import Path

from blocks.workspace import Workspace
from system.lost import environments_at_work

_VARIABLE = "TMPDIR"


def own_temporary_folder() -> Workspace:
    """Let this process, and those that it starts from now on, keep temporary files in a folder of its own."""
    parent = Path(tempfile.gettempdir()) / f"neuroshorts-workers-{os.getuid()}"
    in_use = {environment[_VARIABLE] for environment in environments_at_work() if _VARIABLE in environment}
    workspace = Workspace(parent, keep=frozenset(map(Path, in_use)))
    workspace.folder.mkdir(mode=0o700)
    os.environ[_VARIABLE] = tempfile.tempdir = str(workspace.folder)
    return workspace
