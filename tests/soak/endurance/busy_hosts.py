"""Hosts that say 421: tried once more, later, and that is what the one line is about."""
import signal
import subprocess
import threading
import time

from labkit.cases import case, holds, same

from .interruptions import command_that_resumes
from .stage import Scan, Stage, by_domain, command, domains_on, same_set, write_list

HOSTS, BUSY, BUSY_ONCE = 100, 20, 30  # of these, percent and so hosts
DOMAINS = 200
BETWEEN_TRIES_S = 15


class Run(threading.Thread):
    """A scan of busy hosts, which mostly waits: it does so beside the other cases."""

    def __init__(self, name, wait_before):
        super().__init__(daemon=True)
        self.sink = Stage.servers.sink(hosts=HOSTS, busy=BUSY, **{"busy-once": BUSY_ONCE},
                                       rsa=wait_before)  # any difference makes another sink
        self.domains = domains_on(HOSTS, DOMAINS)
        self.out = Stage.directory / f"{name}.jsonl"
        self.argv = command(self.sink, "--output", self.out, "--per-network", 1000,
                            write_list(f"{name}.list", self.domains))
        self.wait_before, self.failed = wait_before, None
        self.start()

    def run(self):
        try:
            self.go()
        except Exception as error:  # told of by the case
            self.failed = error

    def go(self):
        self.began = time.monotonic()
        scan = Scan(self.argv)
        if self.wait_before:  # interrupted while domains wait for their further try
            time.sleep(self.wait_before)
            scan.tell(signal.SIGINT)
            same("interrupted: exit status", scan.wait(), -signal.SIGINT)
            self.answered_first = by_domain(self.out.read_bytes())
            again = ["sh", "-c", command_that_resumes(scan.said())]
            done = subprocess.run(again, check=False, capture_output=True)
            same("resumed: exit status", (done.returncode, done.stderr), (0, b""))
        else:
            same("exit status", scan.wait(), 0)
        self.took_s = time.monotonic() - self.began

    def results(self):
        self.join()
        if self.failed:
            raise self.failed
        results = by_domain(self.out.read_bytes())
        same_set("answered", results, self.domains)
        return results


def begin():
    Stage.busy = [Run("busy", 0), Run("busy and interrupted", 5)]


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
    run = Stage.busy[0]
    check_results(run.results())
    holds("the further try came later", run.took_s >= BETWEEN_TRIES_S, run.took_s)
    counts = run.sink.counts()
    # Twice for a host that is always busy, however many domains it has; once for the others.
    same("put off", counts["put_off"], 2 * BUSY + BUSY_ONCE)
    same("connections", counts["connections"], HOSTS + BUSY + BUSY_ONCE)


@case()
def interrupted_while_busy_hosts_are_waited_for_nothing_is_lost():
    run = Stage.busy[1]
    results = run.results()
    check_results(results)
    early = {role(domain) for domain in run.answered_first}
    same("answered before the interruption", early, {"sound"})
