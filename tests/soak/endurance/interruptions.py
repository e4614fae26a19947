"""Signals, SIGKILL and a full disk at any moment: whole lines, and --resume makes it complete."""
import random
import signal
import subprocess
import time

from labkit.cases import case, holds, same

from .stage import (Scan, Stage, by_domain, command, domains_on, either, judgement, same_set,
                    write_list)

ENDS_WITHIN_S = 2
DISK = "512k"


class Interrupted:
    """2,000 domains on 100 hosts that take 50 ms a reply, and what an unbroken scan finds."""
    OPTIONS = ("--concurrency", 60, "--per-network", 1000)
    unbroken = None  # (domain: judgement), and the size of the output

    def __init__(self, name):
        self.sink = Stage.servers.sink(hosts=100, delay=50, refusing=3)
        self.domains = domains_on(100, 2000)
        self.listed = write_list(f"{name}.list", self.domains)
        self.out = Stage.directory / f"{name}.jsonl"
        self.random = random.Random(name)
        Interrupted.unbroken = Interrupted.unbroken or self.run_unbroken()
        self.expected, self.size = Interrupted.unbroken

    def run_unbroken(self):
        same("unbroken: exit status", self.start().wait(), 0)
        results, size = by_domain(self.out.read_bytes()), self.out.stat().st_size
        self.out.unlink()
        same_set("unbroken", results, self.domains)
        return {domain: judgement(result) for domain, result in results.items()}, size

    def start(self, *more):
        return Scan(command(self.sink, "--output", self.out, *self.OPTIONS, *more, self.listed))

    def later(self, scan, share=1.0):
        """Waits for a moment of the run: when so much of the output is there, and a little more."""
        before = self.out.stat().st_size if self.out.exists() else 0
        size = before + self.random.uniform(0, share) * (self.size - before)
        while scan.process.poll() is None and \
                (not self.out.exists() or self.out.stat().st_size < size):
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.05))

    def complete(self, what):
        """Every domain is there once, and judged as without interruptions."""
        results = by_domain(self.out.read_bytes())
        same_set(what, results, self.domains)
        differing = [(domain, judgement(result), self.expected[domain])
                     for domain, result in results.items()
                     if judgement(result) != self.expected[domain]]
        same(f"{what}: judged differently", differing[:2], [])


def command_that_resumes(said):
    lines = [line for line in said.splitlines() if " --resume " in line]
    same("commands that resume", len(lines), 1)
    return lines[0][lines[0].index(Stage.program):]


@case()
def told_to_stop_it_ends_soon_with_whole_lines_and_says_how_to_go_on():
    runs, slowest, late = Interrupted("signals"), 0, 0
    for number in (signal.SIGINT, signal.SIGTERM) * either(1, 20):
        runs.out.unlink(missing_ok=True)
        scan = runs.start()
        runs.later(scan)
        told = time.monotonic()
        scan.tell(number)
        status = scan.wait()
        took_s = time.monotonic() - told
        if " --resume " not in scan.said():  # it was done already; it may die of the signal still
            same("late: exit status", status in (0, -number), True)
            late += 1
            runs.complete("late")
            continue
        slowest = max(slowest, took_s)
        same("exit status", status, -number)
        by_domain(runs.out.read_bytes())
        again = command_that_resumes(scan.said())
        resumed = subprocess.run(["sh", "-c", again], capture_output=True, check=False)
        same("resumed: exit status", (resumed.returncode, resumed.stderr), (0, b""))
        runs.complete("resumed")
    print(f"    {late} came too late; the slowest end took {slowest:.2f} s")
    holds("most came in mid-run", late < either(2, 15), late)
    holds("ends soon", slowest < ENDS_WITHIN_S, slowest)


@case()
def killed_at_any_moment_it_goes_on():
    runs = Interrupted("kills")
    for _ in range(either(2, 20)):
        runs.out.unlink(missing_ok=True)
        scan = runs.start()
        runs.later(scan)
        scan.tell(signal.SIGKILL)
        scan.wait()
        same("resumed: exit status", runs.start("--resume").wait(), 0)
        runs.complete("resumed")


@case()
def killed_again_and_again_it_goes_on():
    runs, kills = Interrupted("more kills"), 0
    runs.out.unlink(missing_ok=True)
    for _ in range(either(4, 20)):
        scan = runs.start("--resume")
        runs.later(scan, share=0.2)
        scan.tell(signal.SIGKILL)
        kills += scan.wait() == -signal.SIGKILL
    holds("it was killed", kills > 1, kills)
    same("in the end: exit status", runs.start("--resume").wait(), 0)
    runs.complete("in the end")


@case()
def a_full_disk_is_told_and_leaves_whole_lines():
    runs = Interrupted("disk")
    disk = Stage.directory / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "disk", disk], check=True)
    runs.out = disk / "out.jsonl"
    scan = runs.start()
    same("full: exit status", scan.wait(), 74)
    told = scan.said().splitlines()[-1]
    holds("it is said", told.startswith(f"mxprobe: cannot write {runs.out}: "), told)
    again = command_that_resumes(scan.said())
    some = len(by_domain(runs.out.read_bytes()))
    holds("what there was room for is there", some > 50, some)
    scan = runs.start("--resume")
    same("still full: exit status", scan.wait(), 74)
    same("still full: lines", len(by_domain(runs.out.read_bytes())) >= some, True)
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    done = subprocess.run(["sh", "-c", again], capture_output=True, check=False)
    same("room again: exit status", (done.returncode, done.stderr), (0, b""))
    runs.complete("room again")
    subprocess.run(["umount", disk], check=True)
