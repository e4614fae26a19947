"""Runs the program as a user would, with nothing but the options that a case is about."""
import functools
import json
import os
import subprocess
import time
from dataclasses import dataclass

from . import program, table

RUN_WITHIN_S = 120  # a run that takes longer has lost its own limits


@dataclass
class Run:
    status: int
    out: str
    err: str
    elapsed_s: float

    def results(self):
        return [json.loads(line) for line in self.out.splitlines()]


def mxprobe(*arguments, environment=None, prefix=()):
    """One run. `prefix` is a command that runs it, `environment` what is added to ours."""
    began = time.monotonic()
    run = subprocess.run([*prefix, program.path(), *arguments], capture_output=True,
                         stdin=subprocess.DEVNULL, timeout=RUN_WITHIN_S,
                         env=dict(os.environ, **(environment or {})))
    return Run(run.returncode, run.stdout.decode("utf-8", "strict"),
               run.stderr.decode("utf-8", "strict"), time.monotonic() - began)


def check(*arguments, **how):
    """`check` with the lab's trust anchor."""
    return mxprobe("check", "--ca-file", os.environ["LAB_CA"], *arguments, **how)


def probe(domain, *options, **how):
    """The result object of one domain."""
    run = check("--format", "json", *options, domain, **how)
    lines = run.results()
    if len(lines) != 1:
        raise AssertionError(f"{len(lines)} objects for {domain}, status {run.status}: {run.err}")
    return lines[0]


def reasons(result):
    """{(severity, reason)} of the findings."""
    return {(finding["severity"], finding["reason"]) for finding in result["findings"]}


def finding(result, reason):
    """The first finding of that reason, or None."""
    return next((f for f in result["findings"] if f["reason"] == reason), None)


def endpoints(result):
    return [endpoint for host in result["hosts"] for endpoint in host["endpoints"]]


@functools.cache
def lab_table():
    return table.load()


def address_of(host):
    return lab_table().hosts[host].addresses[0]


def pki(name):
    return os.path.join(os.environ["LAB_DIR"], "pki", name)
