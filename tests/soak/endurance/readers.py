"""A reader of the output that stops."""
import os
import time

from labkit.cases import case, holds, same

from .stage import Scan, Stage, by_domain, command, either, same_set, write_list

SETTLED_S = 2
BUSY_MOST = 0.03     # of one core
GROWTH_KIB = 1024


@case()
def a_reader_that_stops_loses_nothing_and_costs_nothing():
    names = [f"n{number:07d}.test" for number in range(8_000)]
    listed = write_list("stopped.list", names)
    reader, writer = os.pipe()
    scan = Scan(command(Stage.servers.sink(), "--progress", "never", listed), stdout=writer)
    os.close(writer)
    time.sleep(either(SETTLED_S, 5))
    resident, cpu_s = scan.status_field("VmRSS"), scan.cpu_s()
    pause_s = either(3, 60)
    time.sleep(pause_s)
    holds("it waits", scan.process.poll() is None)
    busy = (scan.cpu_s() - cpu_s) / pause_s
    growth = scan.status_field("VmRSS") - resident
    with os.fdopen(reader, "rb") as lines:
        results = by_domain(lines.read())
    same("exit status", scan.wait(), 0)
    same_set("answered", results, names)
    print(f"    while it waited: {100 * busy:.1f} % of a core, {growth} KiB more")
    holds("idle", busy < BUSY_MOST, busy)
    holds("memory stays", Stage.sanitized or growth < GROWTH_KIB, growth)
