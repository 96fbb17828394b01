"""Where the databases of the tests lie: in memory where there is room.

Nobody keeps them, and going back to the template for every test waits for a disk more than for
anything else.
"""

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 1 << 30  # bytes; a container often has far less there


def in_memory() -> str | None:
    """The folder to make a folder in; None is where temporary files are otherwise."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)
    return str(MEMORY) if usable and shutil.disk_usage(MEMORY).free > ROOM else None
