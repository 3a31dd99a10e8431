"""Finds out what of this machine ended the program, where the error itself does not say."""

from __future__ import annotations

import errno
import resource
import threading

from molsteer.shared.errors import ServiceUnavailable

_MENDABLE = {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
"""What a file system refuses although the program is right."""

_NO_PROCESS = {errno.EAGAIN, errno.ENOMEM}
"""How Linux refuses to start another process or thread."""


def last_words(error: BaseException) -> str | None:
    """Tell the cause of an end and its cure in a sentence; None if the machine is not to blame."""
    match error:
        case KeyboardInterrupt():
            # OpenBLAS raises it in place of a user when it gets no thread.
            return None if _can_start_threads() else _too_many_processes()
        case RuntimeError() if str(error) == "can't start new thread":
            return _too_many_processes()
        case OSError(filename=None):
            return _of_no_file(error)
        case OSError(filename=name) if error.errno in _MENDABLE:
            return f"{name} cannot be used: {error.strerror}. Check permissions and free space."
        case _:
            return None


def check_shared_memory() -> None:
    """Make sure that processes can wait for each other.

    Raises:
        ServiceUnavailable: If the folder that they need for it is missing or cannot be written.
    """
    # Loaded only here, for `--help` needs no processes.
    from multiprocessing import get_context

    try:
        get_context("fork").Lock()
    except OSError as error:
        cure = "Processes need it to work together: mount a tmpfs there that you may write."
        reason = error.strerror or str(error)
        raise ServiceUnavailable("Shared memory", "/dev/shm", reason, cure) from None  # noqa: S108


def _of_no_file(error: OSError) -> str | None:
    if error.errno in _NO_PROCESS:
        return _too_many_processes()
    import tempfile  # slow to import, and seldom needed

    try:
        tempfile.gettempdir()
    except FileNotFoundError as missing:
        # Its text names the folders that were tried.
        return f"{missing.strerror}. Set TMPDIR to a folder that you may write and that has room."
    try:
        check_shared_memory()
    except ServiceUnavailable as unavailable:
        return str(unavailable)
    if error.errno in _MENDABLE:
        return f"A file cannot be used: {error.strerror}. Check permissions and free space."
    return None


def _can_start_threads() -> bool:
    thread = threading.Thread(target=int)
    try:
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True


def _too_many_processes() -> str:
    allowed, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    limit = "no limit" if allowed == resource.RLIM_INFINITY else f"{allowed}"
    return (
        f"No further process or thread can be started (ulimit -u: {limit}). Raise the limit of "
        f"this user or container, free memory, or ask for fewer processes."
    )
