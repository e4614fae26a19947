"""Runs the program under test inside the lab and reads its result objects."""
import json
import os
import subprocess
import sys
from pathlib import Path

from .table import LAB

# Long enough for a busy machine of two cores, short enough for the hosts that say nothing.
TIMEOUT_S = os.environ.get("LAB_TIMEOUT", "8")
# Whose many records come in time or do not, where a sanitizer or LAB_SLOW makes us slow.
HURRIED = {"mx-thousand.test", "sts.txt-64k.test", "rubbish.txt-64k.test", "rpt.txt-64k.test"}
CONNECT_TIMEOUT_S = os.environ.get("LAB_CONNECT_TIMEOUT", "3")


def need_lab():
    """Ends the test where it was started outside of the lab."""
    if "LAB_DIR" not in os.environ:
        sys.exit("run me inside: tests/lab/lab run -- " + sys.argv[0])


def path():
    """MXPROBE, or what the ordinary build leaves."""
    return os.environ.get("MXPROBE") or str(LAB.parent.parent / "build" / "mxprobe")


def sanitized():
    """Is it a build that takes its memory for a sanitizer?"""
    image = Path(path()).read_bytes()
    return b"__asan_init" in image or b"__tsan_init" in image


def command(names, options=()):
    """`check --format json` for the names, in the lab."""
    options = [os.path.expandvars(option) for option in options]
    # Resolvers are asked in turn: one that the options name is to be asked alone.
    resolver = () if "--resolver" in options else ("--resolver", os.environ["LAB_RESOLVER"])
    return [path(), "check", "--format", "json", *resolver, "--ca-file", os.environ["LAB_CA"],
            "--ehlo", "prober.test", "--timeout", TIMEOUT_S, "--connect-timeout",
            CONNECT_TIMEOUT_S, *options, *names]


def check(names, options=()):
    """(exit status, standard output, standard error) of that."""
    run = subprocess.run(command(names, options), capture_output=True, text=True,
                         errors="replace")
    return run.returncode, run.stdout, run.stderr


def results(names, options=()):
    """The result objects by domain, the exit status, and what was said on standard error."""
    status, out, err = check(names, options)
    objects = {}
    for line in out.splitlines():
        result = json.loads(line)
        objects[result["domain"]] = result
    return objects, status, err


def present(table):
    """The domains whose servers run; says which are left out because there is no Exim here."""
    absent = {host.name for host in table.hosts.values()
              if host.server == "exim" and not os.environ.get("LAB_EXIM")}
    left_out = [d.name for d in table.domains if absent.intersection(d.hosts())]
    if left_out:
        print("left out, no Exim here:", *left_out)
    return [d for d in table.domains if d.name not in left_out]


def in_time(domains):
    """Without those of HURRIED where all is slow."""
    slow = sanitized() or "LAB_SLOW" in os.environ
    return [d for d in domains if not (slow and d.name in HURRIED)]
