"""Files that a process holds locked as long as it lives."""

from __future__ import annotations

import fcntl
from pathlib import Path


def is_locked(file: Path) -> bool | None:
    """Tell whether a process holds a file now; None if that cannot be known.

    It cannot where the file system has no locks, or the file may not be read.
    """
    try:
        with file.open() as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False
