#!/usr/bin/python3
"""Is a scan right, whatever its speed: 2,000 domains on 100 hosts that take 50 ms a reply.

    check_farm.py [--long] [WORD]...   the cases whose name holds every word

--long takes 20,000 domains on 1,000 hosts.
Needs root, for a network namespace with port 25, and nsd. MXPROBE is the program under test,
BENCH_PROGRAMS where the bench_* programs lie (build/tests).
"""
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lab")]
sys.dont_write_bytecode = True
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

import jsonschema  # noqa: E402
from benchkit import farm, need, zone  # noqa: E402
from labkit import cases, namespace  # noqa: E402
from labkit.cases import case, same  # noqa: E402

SHORT = zone.Plan(hosts=100, shared=100, domains=2000, policies=20)
LONG = zone.Plan(hosts=1000, shared=1000, domains=20000, policies=200)
DELAY_MS = 50
SAMPLE = 200  # so many domains are looked at by check too
RUN_WITHIN_S = 120
FAULTS = {"silent": 4, "stalling": 4, "refusing": 4}  # percent of the hosts
# What may differ between two looks at the same.
VOLATILE = ("started_at", "elapsed_ms", "observed_at", "timings_ms")


class Bench:
    """Set by inside()."""
    directory = servers = plan = None


def mxprobe(command, sink, *arguments):
    """(exit status, results) of a run at the sink's port."""
    argv = [os.environ.get("MXPROBE") or TOP / "build" / "mxprobe", command, "--resolver", farm.DNS,
            "--ca-file", sink.ca, "--port", sink.port, "--ehlo", "probe.test", "--timeout", "2",
            "--format", "json", *arguments]
    run = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False,
                         stdin=subprocess.DEVNULL, timeout=RUN_WITHIN_S)
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()]


def scan(sink, domains, *options):
    """The results of a scan, which answered every domain once."""
    listed = Bench.directory / "domains.txt"
    listed.write_text("".join(f"{domain}\n" for domain in domains))
    status, results = mxprobe("scan", sink, "--allow-private", "--threads", "2", "--per-network",
                              "1000", "--progress", "never", *options, listed)
    same("exit status", status, 0)
    same("answered", sorted(result["domain"] for result in results), sorted(domains))
    return results


def steady(value):
    """A result without what may differ."""
    if isinstance(value, dict):
        return {key: steady(held) for key, held in value.items() if key not in VOLATILE}
    return [steady(held) for held in value] if isinstance(value, list) else value


def same_as_check(sink, results, domains):
    """Is what check says of these domains what the scan said?"""
    scanned = {result["domain"]: result for result in results}
    _, checked = mxprobe("check", sink, *domains)
    same("checked", [result["domain"] for result in checked], domains)
    for result in checked:
        same(f"{result['domain']} by scan", steady(scanned[result["domain"]]), steady(result))


@case()
def healthy_hosts_are_probed_once_and_every_domain_is_judged():
    plan = Bench.plan
    sink = Bench.servers.sink(delay=DELAY_MS, policies=plan.policies, rsa=10, p384=10)
    domains = zone.shared_domains(plan.domains)
    results = scan(sink, domains)
    counts = sink.counts()
    del counts["cpu_s"]
    same("what the servers saw", counts,
         {"connections": plan.hosts, "handshakes": plan.hosts, "quits": plan.hosts, "cut": 0,
          "put_off": 0, "policies": plan.policies, "hosts": plan.hosts, "most_for_one_host": 1})
    same("verdicts", {result["verdict"] for result in results}, {"ok"})
    modes = [result["mta_sts"]["policy"]["mode"] for result in results]
    same("policies in force", modes.count("enforce"), plan.policies)
    same_as_check(sink, results, domains[::plan.domains // SAMPLE])


@case()
def faulty_hosts_spoil_nothing_but_their_own_domains():
    plan, sink = Bench.plan, Bench.servers.sink(delay=DELAY_MS, **FAULTS)
    domains = zone.shared_domains(plan.domains)[plan.policies:]
    results = scan(sink, domains)
    counts = sink.counts()
    same("sessions that ended with QUIT", counts["quits"], plan.hosts * healthy_percent() // 100)
    same("hosts that were reached", counts["hosts"],
         plan.hosts * (100 - FAULTS["refusing"]) // 100)
    healthy = sum(result["verdict"] == "ok" for result in results)
    on_healthy = sum(is_healthy(int(domain[1:6]) % plan.shared) for domain in domains)
    same("healthy domains", healthy, on_healthy)
    same_as_check(sink, results, domains[:SAMPLE])  # on a host each, or two on each


def healthy_percent():
    return 100 - sum(FAULTS.values())


def is_healthy(host):
    """sink_role_of in sink.c spreads the faults so."""
    return host * 37 % 100 >= sum(FAULTS.values())


@case()
def results_fit_the_schema():
    schema = json.loads((TOP / "docs" / "result.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    sink = Bench.servers.sink(delay=DELAY_MS, **FAULTS)
    for result in scan(sink, zone.own_domains(Bench.plan.hosts)):
        same(f"{result['domain']}: schema", [e.message for e in validator.iter_errors(result)], [])


def inside(directory, arguments):
    wanted = [word for word in arguments if word != "--long"]
    farm.furnish(directory)
    Bench.directory, Bench.plan = directory, SHORT if wanted == arguments else LONG
    programs = Path(os.environ.get("BENCH_PROGRAMS") or TOP / "build" / "tests")
    Bench.servers = farm.Farm(programs, directory, Bench.plan, os.sched_getaffinity(0))
    return 1 if cases.run_all(wanted) else 0


def main(argv):
    if argv[:1] == ["inside"] and os.getpid() == 1:
        return inside(Path(argv[1]), argv[2:])
    return need.cannot_run() or namespace.enter(__file__, "mxprobe-bench", *argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
