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
# In the order in which they run: those of busy hosts have waited long enough at the end.
from endurance import stage  # noqa: E402
from endurance import interruptions, leftovers, limits, lists, readers, resolvers  # noqa: E402, F401
from endurance import shortages, busy_hosts  # noqa: E402, F401
from labkit import cases, namespace  # noqa: E402


def inside(directory, arguments):
    wanted = [word for word in arguments if word != "--long"]
    stage.set_up(directory, wanted != arguments)
    if any(all(word in chosen.name for word in wanted) and "busy" in chosen.name
           for chosen in cases.CASES):
        busy_hosts.begin()
    return 1 if cases.run_all(wanted) else 0


def main(argv):
    if argv[:1] == ["inside"] and os.getpid() == 1:
        return inside(Path(argv[1]), argv[2:])
    return need.cannot_run() or namespace.enter(__file__, "mxprobe-endurance", *argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
