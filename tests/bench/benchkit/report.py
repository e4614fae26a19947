"""docs/performance.md from what was measured."""
import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

from . import clients

HEAD = """# Performance

Made by `./test --bench`; do not edit. {command}

{machine}

Client and servers are on loopback, the client on one core, the servers (a sink of STARTTLS hosts,
nsd) on another, unless said otherwise. The least client does what a probe must do and nothing else:
banner, EHLO, STARTTLS, TLS 1.3 with the chain and the name verified, EHLO, QUIT
(`tests/bench/least_client.c`). mxprobe resolves, judges and prints besides. The machine's speed
drifts, so figures of different experiments must not be compared; every ratio is the median of the
ratios of {rounds} rounds in which the clients take turns. CPU is user and system time of the whole
process, start and end included.
"""

LINES = 25  # of a profile
PLURALS = {"query": "queries", "fetch": "fetches"}


def version(argv, pattern=r"\d[\w.+~-]*"):
    try:
        run = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError:
        return "none"
    match = re.search(pattern, run.stdout + run.stderr)
    return match.group(0) if match else "?"


def package(name):
    return version(["dpkg-query", "-W", "-f", "${Version}", name])


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    rows = [("date", datetime.date.today().isoformat()),
            ("processor", f"{model.group(1) if model else platform.machine()}, "
                          f"{os.cpu_count()} cores"),
            ("memory", f"{int(memory.group(1)) / 1e6:.0f} GB"),
            ("kernel", platform.release()),
            ("OpenSSL", package("libssl3")), ("c-ares", package("libc-ares2")),
            ("libcurl", package("libcurl4")), ("libevent", package("libevent-core-2.1-7")),
            ("nsd", package("nsd"))]
    return table(("", ""), rows)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def goal_rows(experiments):
    goals = [goal for experiment in experiments for goal in experiment.goals]
    return [(g.number, g.what, g.wanted, g.measured, outcome(g))
            for g in sorted(goals, key=lambda g: g.number)]


def outcome(goal):
    if goal.met is None:
        return "not measurable here"
    if goal.met:
        return "met"
    return f"**missed by {goal.short_by:.1%}**" if goal.short_by else "**missed**"


def spread(rounds, name, figure, form):
    least, most = rounds.spread(name, figure)
    return f"{rounds.median(name, figure):{form}} ({least:{form}}–{most:{form}})"


def experiment_text(experiment):
    rounds, unit = experiment.rounds, experiment.unit
    parts = [f"## {experiment.title}", experiment.about]
    if rounds.names():
        form = ".4f" if unit in ("query", "name") else ".3f"
        parts.append(table(
            ("client", f"{PLURALS.get(unit, unit + 's')}/s", f"CPU ms a {unit}", "user", "system",
             "peak memory, MB"),
            [(name, spread(rounds, name, "rate", ".0f"), spread(rounds, name, "cpu_ms", form),
              f"{rounds.median(name, 'user_s'):.2f} s", f"{rounds.median(name, 'sys_s'):.2f} s",
              f"{rounds.median(name, 'rss_mb'):.1f}") for name in rounds.names()]))
    parts += experiment.notes
    parts += [f"Left out: {text.splitlines()[0]}" for text in experiment.left_out.values()]
    if experiment.flat:
        parts += profile_text(experiment.flat, experiment.inclusive)
    return "\n\n".join(parts)


def profile_text(flat, inclusive):
    yield f"Who was running (`perf record -e cpu-clock -F 2000`, {flat.samples} samples):"
    yield table(("% of samples", "in"), [(f"{p:.1f}", dso) for p, dso in flat.objects()[:8]])
    yield table(("% of samples", "in", "function"),
                [(f"{p:.1f}", dso, f"`{symbol}`") for p, dso, symbol in flat.symbols[:LINES]])
    yield ("On whose behalf: functions of mxprobe with all that they called "
           f"(`--call-graph dwarf -F 1000`, {inclusive.samples} samples):")
    yield table(("% of samples", "function"),
                [(f"{p:.1f}", f"`{symbol}`") for p, _, symbol in inclusive.symbols[:2 * LINES]
                 if p >= 0.5])


def render(experiments, broken, rounds, command):
    """The whole document. `broken` says which experiments did not come to an end, and why."""
    parts = [HEAD.format(command=f"The command was `{command}`.", machine=machine(), rounds=rounds),
             "## Goals", table(("", "what", "goal", "measured", ""), goal_rows(experiments))]
    if clients.absent():
        parts.append("Not to be had on this machine: " + ", ".join(clients.absent()) + ".")
    parts += [f"**Not measured**: {text}" for text in broken]
    parts += [experiment_text(experiment) for experiment in experiments]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"
