"""The one function that an endpoint of Globus Compute runs for us, sent there as its source."""

from __future__ import annotations


def run_block(script: str, log: str) -> dict[str, object]:
    """Run the script of a block to its end; give its exit status and the last that it said.

    It stands alone: the endpoint's Python need not have molsteer, nor be the one that sent it.
    """
    import ctypes
    import os
    import signal
    import subprocess

    def end_with_the_endpoint() -> None:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)

    done = subprocess.run(
        ["bash", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=end_with_the_endpoint,
        check=False,
    )
    said = done.stdout[-4000:]
    if os.path.isfile(log):
        with open(log, "rb") as file:
            file.seek(max(0, os.path.getsize(log) - 4000))
            said += file.read()
    return {"status": done.returncode, "said": said.decode(errors="replace")}
