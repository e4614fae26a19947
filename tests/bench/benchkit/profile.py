"""Where the CPU of a run goes, by perf's sampling of the CPU clock."""
import re
import shutil
import subprocess
from dataclasses import dataclass

LINES = 30
LOCKS = re.compile(r"mutex|rwlock|lll_lock|futex|cond_(wait|signal|broadcast)|spin_lock")


@dataclass
class Profile:
    objects: list  # (percent, shared object)
    symbols: list  # (percent, shared object, symbol), the heaviest first
    samples: int

    def heaviest_lock(self):
        """(symbol, percent of samples)."""
        locks = [(symbol, percent) for percent, _, symbol in self.symbols if LOCKS.search(symbol)]
        return max(locks, key=lambda lock: lock[1], default=("none seen", 0.0))


def report(data, sort):
    """perf's own table, as (percent, words)."""
    text = subprocess.run(["perf", "report", "--stdio", "-i", data, "--sort", sort, "-g", "none",
                           "-F", "overhead," + sort, "-t", "|"], capture_output=True, text=True,
                          check=False).stdout
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if re.fullmatch(r"[0-9.]+%", fields[0]):
            yield (float(fields[0][:-1]), *fields[1:])


def take(client, bench):
    """Profiles one run of the client; None where there is no perf."""
    if not shutil.which("perf"):
        return None
    data = bench.directory / "perf.data"
    cpus = ",".join(map(str, sorted(client.cpus)))
    argv = ["taskset", "-c", cpus, "perf", "record", "-q", "-e", "cpu-clock", "-F", 2000, "-o", data,
            "--", *client.argv]
    subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if not data.exists():
        return None
    symbols = [(percent, dso, re.sub(r"^\[[.k]\] ", "", symbol))
               for percent, dso, symbol in report(data, "dso,symbol")]
    counted = subprocess.run(["perf", "report", "--stdio", "-i", data], capture_output=True,
                             text=True, check=False).stdout
    samples = re.search(r"^# Samples: (\S+)", counted, re.M)
    data.unlink()
    return Profile(list(report_objects(symbols)), symbols, samples.group(1) if samples else "?")


def report_objects(symbols):
    """The same by shared object."""
    sums = {}
    for percent, dso, _ in symbols:
        sums[dso] = sums.get(dso, 0) + percent
    return sorted(((percent, dso) for dso, percent in sums.items()), reverse=True)
