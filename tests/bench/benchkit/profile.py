"""Where the CPU of a run goes, by perf's sampling of the CPU clock."""
import re
import shutil
import subprocess
from dataclasses import dataclass

LOCKS = re.compile(r"mutex|rwlock|lll_lock|futex|cond_(wait|signal|broadcast)|spin_lock")
NO_SYMBOL = "(functions without a symbol)"


@dataclass
class Profile:
    symbols: list  # (percent, shared object, symbol), the heaviest first
    samples: str

    def objects(self):
        """(percent, shared object), the heaviest first."""
        sums = {}
        for percent, dso, _ in self.symbols:
            sums[dso] = sums.get(dso, 0) + percent
        return sorted(((percent, dso) for dso, percent in sums.items()), reverse=True)

    def heaviest_lock(self):
        """(symbol, percent of samples)."""
        locks = [(symbol, percent) for percent, _, symbol in self.symbols if LOCKS.search(symbol)]
        return max(locks, key=lambda lock: lock[1], default=("none seen", 0.0))


def is_here():
    return shutil.which("perf") is not None


def record(client, bench, *how):
    """Runs the client once under perf; returns where its samples lie."""
    data = bench.directory / "perf.data"
    cpus = ",".join(map(str, sorted(client.cpus)))
    argv = ["taskset", "-c", cpus, "perf", "record", "-q", "-e", "cpu-clock", *how, "-o", data,
            "--", *client.argv]
    subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return data


def report(data, *how):
    """perf's own table: (percent, shared object, symbol), and how many samples there were."""
    text = subprocess.run(["perf", "report", "--stdio", "-i", str(data), "--sort", "dso,symbol",
                           "-t", "|", *how], capture_output=True, text=True, check=False).stdout
    data.unlink(missing_ok=True)
    samples = re.search(r"^# Samples: (\S+)", text, re.M)
    rows = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if re.fullmatch(r"[0-9.]+%", fields[0]):
            dso, symbol = [field for field in fields[1:] if not field.endswith("%")][:2]
            symbol = re.sub(r"^\[[.k]\] | \(inlined\)$|@@?GLIBC_[0-9.]+$", "", symbol)
            rows.append((float(fields[0][:-1]), dso, symbol))
    return rows, samples.group(1) if samples else "0"


def flat(client, bench):
    """Who was running. Functions of a library without symbols are one row."""
    rows, samples = report(record(client, bench, "-F", 2000))
    sums = {}
    for percent, dso, symbol in rows:
        key = dso, NO_SYMBOL if symbol.startswith("0x") else symbol
        sums[key] = sums.get(key, 0) + percent
    symbols = sorted(((percent, *key) for key, percent in sums.items()), reverse=True)
    return Profile(symbols, samples)


def inclusive(client, bench):
    """The program's own functions, each with all that it called."""
    own = str(client.argv[0]).rsplit("/", 1)[-1]
    rows, samples = report(record(client, bench, "-F", 1000, "--call-graph", "dwarf,8192"),
                           "--children", "-g", "none")
    heaviest = {}
    for percent, dso, symbol in rows:
        if dso == own and percent > heaviest.get(symbol, 0):
            heaviest[symbol] = percent
    symbols = sorted(((percent, own, symbol) for symbol, percent in heaviest.items()), reverse=True)
    return Profile(symbols, samples)
