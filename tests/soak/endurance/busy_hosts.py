"""Hosts that say 421: tried once more, later, and that is what the one line is about."""
import signal
import subprocess
import time

from labkit.cases import case, holds, same

from . import beside
from .interruptions import command_that_resumes
from .stage import Scan, Stage, by_domain, command, domains_on, same_set, write_list

HOSTS, BUSY, BUSY_ONCE = 100, 20, 30  # of these, percent and so hosts
DOMAINS = 200
BETWEEN_TRIES_S = 15


class Busy(beside.Beside):
    """A scan to its end."""
    name, interrupted_after_s = "busy", 0

    def __init__(self):
        # Any difference makes another farm, with a first time of its own.
        self.sink = Stage.servers.sink(hosts=HOSTS, busy=BUSY, **{"busy-once": BUSY_ONCE},
                                       rsa=self.interrupted_after_s)
        self.domains = domains_on(HOSTS, DOMAINS)
        self.out = Stage.directory / f"{self.name}.jsonl"
        self.argv = command(self.sink, "--output", self.out, "--per-network", 1000,
                            write_list(f"{self.name}.list", self.domains))
        super().__init__()

    def go(self):
        began = time.monotonic()
        same("exit status", Scan(self.argv).wait(), 0)
        self.took_s = time.monotonic() - began

    def results(self):
        self.end()
        results = by_domain(self.out.read_bytes())
        same_set("answered", results, self.domains)
        return results


class Interrupted(Busy):
    """One that is interrupted while domains wait for their further try, and gone on with."""
    name, interrupted_after_s = "busy and interrupted", 5

    def go(self):
        scan = Scan(self.argv)
        time.sleep(self.interrupted_after_s)
        scan.tell(signal.SIGINT)
        same("interrupted: exit status", scan.wait(), -signal.SIGINT)
        self.answered_first = by_domain(self.out.read_bytes())
        again = ["sh", "-c", command_that_resumes(scan.said())]
        done = subprocess.run(again, check=False, capture_output=True)
        same("resumed: exit status", (done.returncode, done.stderr), (0, b""))


def role(domain):
    """sink_role_of in sink.c spreads the kinds so."""
    percent = int(domain[1:6]) % Stage.plan.shared * 37 % 100
    return "busy" if percent < BUSY else "once" if percent < BUSY + BUSY_ONCE else "sound"


def check_results(results):
    for domain, result in results.items():
        expected = "unknown" if role(domain) == "busy" else "ok"
        same(f"{domain} on a host that is {role(domain)}", result["verdict"], expected)
        if expected == "unknown":
            reasons = [f["reason"] for f in result["findings"] if f["severity"] == "unknown"]
            same(f"{domain}: why", reasons, ["throttled"])


@case()
def busy_hosts_are_tried_once_more():
    run = Stage.beside[Busy]
    check_results(run.results())
    holds("the further try came later", run.took_s >= BETWEEN_TRIES_S, run.took_s)
    counts = run.sink.counts()
    # Twice for a host that is always busy, however many domains it has; once for the others.
    same("put off", counts["put_off"], 2 * BUSY + BUSY_ONCE)
    same("connections", counts["connections"], HOSTS + BUSY + BUSY_ONCE)


@case()
def interrupted_while_busy_hosts_are_waited_for_nothing_is_lost():
    run = Stage.beside[Interrupted]
    results = run.results()
    check_results(results)
    early = {role(domain) for domain in run.answered_first}
    same("answered before the interruption", early, {"sound"})
