"""`python -m tests.cleaner FOLDER` waits until its starter has ended, however that was, and cleans up after it."""

import shutil
import sys
from pathlib import Path

from blocks import local_server


def main() -> None:
    """End every server whose home is `FOLDER/*/prefect`, and remove the folder."""
    root = Path(sys.argv[1])
    sys.stdin.read()
    for home in root.glob("*/prefect"):
        local_server.stop_server(home=home)
    shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
