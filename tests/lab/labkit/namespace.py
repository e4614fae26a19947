"""Namespaces of its own for a script: network, mount and pid. They go when it ends, however it ends."""
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
PR_SET_PDEATHSIG = 1


def enter(script, prefix, *arguments):
    """Runs `script inside DIRECTORY arguments` as process 1 of new namespaces.

    DIRECTORY is new and empty, for a file system of its own; `prefix` begins its name. Returns the
    exit status.
    """
    sweep(prefix)
    directory = tempfile.mkdtemp(prefix=f"{prefix}.{os.getpid()}.")
    os.chmod(directory, 0o755)
    try:
        return wait_for(UNSHARE + [sys.executable, script, "inside", directory, *arguments])
    finally:
        os.rmdir(directory)


def wait_for(command):
    """Runs `command` so that it dies with us, however we die."""
    libc = ctypes.CDLL(None)
    child = subprocess.Popen(
        command, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))

    def stop(number, _frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command has it from the terminal too
    try:
        status = child.wait()
    finally:
        child.kill()
        child.wait()
    return status if status >= 0 else 128 - status


def sweep(prefix):
    """Takes away the empty mount points of runs whose process was killed outright."""
    for path in Path(tempfile.gettempdir()).glob(f"{prefix}.*.*"):
        pid = path.name.split(".")[1]
        if pid.isdigit() and not Path("/proc", pid).exists():
            try:
                path.rmdir()
            except OSError:
                pass
