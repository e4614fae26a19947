"""What the benchmark and its tests need of a machine."""
import os
import shutil
import sys

CANNOT_RUN = 77  # what CTest takes for "skipped"
PROGRAMS = ("unshare", "ip", "nsd")


def lacking(programs, cores):
    if os.geteuid() != 0:
        yield "must be root, for a namespace with the ports 25 and 443"
    for program in programs:
        if not shutil.which(program):
            yield f"no {program}"
    if len(os.sched_getaffinity(0)) < cores:
        yield f"fewer than {cores} cores"


def cannot_run(more=(), cores=1):
    """0, or the exit status after a message."""
    reasons = list(lacking((*PROGRAMS, *more), cores))
    if not reasons:
        return 0
    print("bench: cannot run here: " + ", ".join(reasons), file=sys.stderr)
    return CANNOT_RUN
