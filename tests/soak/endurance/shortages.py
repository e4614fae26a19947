"""Few descriptors, little memory: slower, and of nobody a word that is not true."""
import json
import resource
import time

from labkit.cases import case, holds, same

from . import beside
from .stage import (Scan, Stage, Watch, by_domain, command, domains_on, either, same_set,
                    scan_to_file, write_list)
from benchkit import zone

DESCRIPTORS = (64, 128, 256)
MEMORY_MIB = 64
SQUEEZED = 50
THREADS = 4  # two workers, the writer and the command; the reader has soon read it all


@case()
def few_descriptors_make_a_scan_slow_and_not_wrong():
    domains = domains_on(200, 2000)
    for most in DESCRIPTORS:
        status, results, said = scan_to_file(
            "descriptors", Stage.servers.sink(), domains, "--per-network", 1000,
            limits=[(resource.RLIMIT_NOFILE, most)])
        same(f"{most} descriptors: exit status", status, 0)
        verdicts = {result["verdict"] for result in results.values()}
        same(f"{most} descriptors: verdicts", verdicts, {"ok"})
        holds(f"{most} descriptors: the slow-down is said in one line",
              said.startswith("mxprobe: ") and said.count("\n") == 1 and "open files" in said, said)


@case()
def little_memory_means_that_hosts_are_probed_again():
    hosts = Stage.plan.hosts
    # Each host, and those with more domains again when their facts had to make room.
    shared = Stage.plan.shared
    names = zone.own_domains(hosts) + domains_on(shared, 2 * shared)
    out, summary = Stage.directory / "memory.jsonl", Stage.directory / "memory.summary"
    with open(out, "wb") as file:
        scan = Scan(command(Stage.servers.sink(), "--max-memory", MEMORY_MIB, "--progress",
                            "never", "--summary", summary, write_list("memory.list", names)),
                    stdout=file)
    watch = Watch(scan, lambda: 0, every_s=0.2)
    same("exit status", scan.wait(), 0)
    results = by_domain(out.read_bytes())
    out.unlink()
    same_set("answered", results, names)
    same("verdicts", {result["verdict"] for result in results.values()}, {"ok"})
    told = json.loads(summary.read_text())
    probes, repeated = told["probes"]["made"], told["probes"]["repeated"]
    print(f"    at most {watch.peak_kib() / 1024:.0f} MiB; {probes} probes of {hosts} hosts, "
          f"{repeated} told as repeated")
    holds("within --max-memory", Stage.sanitized or watch.peak_kib() < MEMORY_MIB * 1024,
          watch.peak_kib())
    # A fingerprint that another key has overwritten goes unnoticed: so many, or a few less.
    holds("repeats are counted", 0.9 * (probes - hosts) <= repeated <= probes - hosts and repeated,
          (probes, hosts, repeated))


class Squeezed(beside.Beside):
    """Some other program takes the descriptors for a while; here the limit falls."""

    def __init__(self):
        self.domains = zone.own_domains(1000)
        self.out = Stage.directory / "squeezed.jsonl"
        self.argv = command(Stage.servers.sink(delay=50), "--per-network", 1000,
                            write_list("squeezed.list", self.domains))
        super().__init__()

    def go(self):
        with open(self.out, "wb") as file:
            scan = Scan(self.argv, stdout=file)
        hard = resource.prlimit(scan.process.pid, resource.RLIMIT_NOFILE)[1]
        while scan.process.poll() is None and scan.status_field("Threads") < THREADS:
            time.sleep(0.002)
        resource.prlimit(scan.process.pid, resource.RLIMIT_NOFILE, (SQUEEZED, hard))
        time.sleep(2)
        resource.prlimit(scan.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
        same("exit status", scan.wait(), 0)
        self.said = scan.said()


@case()
def descriptors_that_run_out_in_mid_run_are_nobodys_fault():
    run = Stage.beside[Squeezed]
    run.end()
    results = by_domain(run.out.read_bytes())
    same_set("answered", results, run.domains)
    # Every domain had its further try once there were enough again.
    same("verdicts", {result["verdict"] for result in results.values()}, {"ok"})
    same("what is said", run.said,
         "mxprobe: short of descriptors, ports or memory; domains in flight: 700\n")
