"""Runs clients in turn and takes down what each used, by the kernel's account of the process."""
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional


@dataclass
class Client:
    """A command and how much it does. `check` says what is wrong with a run, or nothing."""
    name: str
    argv: list
    units: int                       # probes, queries, fetches, domains
    cpus: set
    check: Optional[Callable] = None
    good_statuses: tuple = (0,)
    essential: bool = True           # without it the experiment says nothing


@dataclass
class Sample:
    units: int
    status: int
    user_s: float
    sys_s: float
    wall_s: float
    max_rss_kib: int
    output: Path

    @property
    def cpu_s(self):
        return self.user_s + self.sys_s

    @property
    def cpu_ms(self):
        """CPU of one unit."""
        return 1000 * self.cpu_s / self.units

    @property
    def rate(self):
        return self.units / self.wall_s

    @property
    def rss_mb(self):
        return self.max_rss_kib * 1024 / 1e6

    def lines(self):
        with open(self.output, encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


class Broken(Exception):
    """A client did not do what was asked of it: its figures mean nothing."""


def run(client, programs, directory):
    """One run; its standard output lies in a file until the next."""
    output, result = directory / "out", directory / "used.json"
    cpus = ",".join(map(str, sorted(client.cpus)))
    command = [programs / "bench_run", result, cpus, *client.argv]
    with open(output, "wb") as out, open(directory / "err", "wb") as err:
        subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                       stderr=err, check=False)
    used = json.loads(result.read_text())
    sample = Sample(client.units, output=output, **used)
    wrong = client.check(sample) if client.check else None
    if used["status"] not in client.good_statuses:
        wrong = f"exit status {used['status']}"
    if wrong:
        said = (directory / "err").read_text(errors="replace")[-400:]
        raise Broken(f"{client.name}: {wrong}; {said}")
    return sample


class Rounds:
    """The samples of several clients, round by round, interleaved."""

    def __init__(self):
        self.samples = {}  # by client's name

    def add(self, name, sample):
        self.samples.setdefault(name, []).append(sample)

    def names(self):
        return list(self.samples)

    def median(self, name, figure):
        return statistics.median(getattr(s, figure) for s in self.samples[name])

    def spread(self, name, figure):
        values = [getattr(s, figure) for s in self.samples[name]]
        return min(values), max(values)

    def ratio(self, name, to, figure):
        """The median of the ratios of each round: what drifts between rounds falls out."""
        pairs = zip(self.samples[name], self.samples[to])
        return statistics.median(getattr(a, figure) / getattr(b, figure) for a, b in pairs)


def interleave(clients, rounds, bench):
    """Every client once, and again, `rounds` times.

    Returns the samples, and what was wrong with clients that are left out since they broke. Raises
    Broken where an essential one did.
    """
    result, left_out = Rounds(), {}
    for number in range(rounds):
        for client in clients:
            if client.name in left_out:
                continue
            try:
                result.add(client.name, run(client, bench.programs, bench.directory))
            except Broken as error:
                if client.essential:
                    raise
                left_out[client.name] = str(error)
                result.samples.pop(client.name, None)
                print(f"    {error}", file=sys.stderr)
        print(f"    round {number + 1} of {rounds}", file=sys.stderr)
    return result, left_out
