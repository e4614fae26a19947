"""What runs of a scan in one process leave behind: nothing."""
import json
import random
import signal
import subprocess
import time

from labkit.cases import case, holds, same

from .stage import Scan, Stage, command, domains_on, either, write_list

INTERRUPTED = -1


def again(runs, *options):
    """The argv of scan_again."""
    sink = Stage.servers.sink(hosts=100, delay=50, refusing=3)
    argv = command(sink, "--per-network", 1000, "--progress", "never", "--concurrency", 60,
                   *options, write_list("again.list", domains_on(100, either(600, 2000))))
    return [str(Stage.programs / "scan_again"), str(runs), *argv[1:]]


def outcomes(scan):
    output = scan.process.stdout.read()
    same("exit status, which tells of leaks", (scan.wait(), scan.said()[-2000:])[0], 0)
    return json.loads(output)


def check(found):
    """The first run leaves what libraries keep for good; no other adds to it."""
    same("descriptors", {one["descriptors"] for one in found}, {found[0]["descriptors"]})
    same("threads", {one["threads"] for one in found}, {found[0]["threads"]})
    holds("no more descriptors than a process begins with", found[0]["descriptors"] <= 5, found[0])


@case()
def runs_in_one_process_leave_no_descriptor_and_no_thread():
    out = Stage.directory / "again.jsonl"
    scan = Scan(again(3, "--output", out), stdout=subprocess.PIPE)
    found = outcomes(scan)
    same("statuses", {one["status"] for one in found}, {0})
    check(found)


@case()
def interrupted_runs_leave_none_either():
    runs, moments = either(3, 20), random.Random("leftovers")
    scan = Scan(again(runs, "--output", Stage.directory / "again.jsonl"), stdout=subprocess.PIPE)
    told = 0
    while scan.process.poll() is None and told < runs:
        time.sleep(moments.uniform(0.3, 0.6))  # its handling of signals is set up by then
        if ended(scan) == told:
            scan.tell(signal.SIGINT)
        told += 1
        while scan.process.poll() is None and ended(scan) < told:
            time.sleep(0.01)
    check(outcomes(scan))


def ended(scan):
    return scan.said().count(" ended\n")
