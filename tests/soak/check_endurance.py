#!/usr/bin/python3
"""A scan that lasts: long lists, readers and resolvers that stop, shortages, interruptions.

    check_endurance.py [--long] [WORD]...   the cases whose name holds every word

--long takes a million lines, pauses of a minute and twenty interruptions of a kind. Needs root,
for a network namespace with port 25, and nsd. MXPROBE is the program under test, BENCH_PROGRAMS
where the programs of the benchmark and of these tests lie (build/tests).
"""
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "bench"), str(HERE.parent / "lab")]
sys.dont_write_bytecode = True
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

from benchkit import need  # noqa: E402
# In the order in which they run: those that wait for what goes on beside them come last.
from endurance import stage  # noqa: E402
from endurance import interruptions, leftovers, limits, lists, readers, resolvers  # noqa: E402, F401
from endurance import shortages, busy_hosts  # noqa: E402
from labkit import cases, namespace  # noqa: E402

BESIDE = {"busy": (busy_hosts.Busy, busy_hosts.Interrupted), "run out": (shortages.Squeezed,)}


def begin_beside(wanted):
    """Begins what goes on beside the cases, where one of those that are run is about it."""
    names = [chosen.name for chosen in cases.CASES if all(word in chosen.name for word in wanted)]
    for word, kinds in BESIDE.items():
        if any(word in name for name in names):
            stage.Stage.beside.update({kind: kind() for kind in kinds})


def inside(directory, arguments):
    wanted = [word for word in arguments if word != "--long"]
    stage.set_up(directory, wanted != arguments)
    begin_beside(wanted)
    return 1 if cases.run_all(wanted) else 0


def main(argv):
    if argv[:1] == ["inside"] and os.getpid() == 1:
        return inside(Path(argv[1]), argv[2:])
    return need.cannot_run() or namespace.enter(__file__, "mxprobe-endurance", *argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
