"""What is measured, as commands: mxprobe, the least clients, and the tools of others."""
import json
import os
import shutil

from . import farm, zone
from .measure import Client

SEQUENTIAL_PROBES = 24  # of tools that start a process for every host


def one_line(wanted):
    """A check of what the least clients print."""
    def check(sample):
        said = next(sample.lines(), {})
        return None if said.get("done") == wanted else f"not all done: {said}"
    return check


def least(bench, sink, probes, in_flight, threads=1, cpus=None):
    argv = [bench.programs / "bench_least_client", "-C", sink.ca, "-n", probes, "-p", sink.port,
            "-A", sink.hosts, "-c", in_flight // threads, "-t", threads]
    name = "least client" if threads == 1 else f"least client, {threads} threads"
    return Client(name, argv, probes, cpus or bench.client_cpus, one_line(probes))


def answered(wanted, verdicts):
    """A check of scan's output: every domain once, and no verdict but these."""
    def check(sample):
        seen, odd = set(), 0
        for result in sample.lines():
            if result["domain"] in seen:
                return f"{result['domain']} is answered twice"
            seen.add(result["domain"])
            odd += result["verdict"] not in verdicts
        if len(seen) != wanted:
            return f"{len(seen)} of {wanted} domains answered"
        return f"{odd} verdicts are not among {verdicts}" if odd else None
    return check


def scan(bench, sink, listed, domains, in_flight, threads=1, options=(), cpus=None,
         verdicts=("ok",), name="mxprobe scan"):
    """`listed` is the file that holds so many domains."""
    argv = [bench.mxprobe, "scan", "--allow-private", "--resolver", farm.DNS, "--ca-file", sink.ca,
            "--port", sink.port, "--ehlo", "probe.test", "--concurrency", in_flight,
            "--per-network", in_flight, "--threads", threads, "--progress", "never", *options,
            listed]
    return Client(name, argv, domains, cpus or bench.client_cpus, answered(domains, verdicts))


def reference(bench, sink, probes, in_flight):
    """Another least client, where BENCH_LIMIT names one that takes the same options."""
    program = os.environ.get("BENCH_LIMIT")
    if not program:
        return []
    argv = [program, "probe", "-C", sink.ca, "-n", probes, "-c", in_flight, "-A", sink.hosts, "-p",
            sink.port, "-v", "1.3"]
    return [Client("BENCH_LIMIT", argv, probes, bench.client_cpus, essential=False)]


# --- other tools -------------------------------------------------------------------------------


def found(name):
    """NAME_IN_CAPITALS in the environment, or what the PATH has."""
    return os.environ.get(name.upper().replace("-", "_")) or shutil.which(name)


def tls_scan(program, bench, sink, hosts, in_flight):
    listed = bench.list("tls-scan.txt", (zone.host(n) for n in range(hosts)))
    argv = [program, "--starttls=smtp", f"--port={sink.port}", f"--cacert={sink.ca}", "-b",
            in_flight, "-t", 30, "-N", farm.DNS, f"--infile={listed}"]

    def check(sample):
        done = sum(1 for line in sample.lines() if line.get("verifyCertResult") is True)
        return None if done == hosts else f"{done} of {hosts} verified"
    return Client("tls-scan", argv, hosts, bench.client_cpus, check, essential=False)


def zgrab2(program, bench, sink, hosts, in_flight):
    listed = bench.list("zgrab2.txt", (f"{zone.address(n)},{zone.host(n)}" for n in range(hosts)))
    argv = [program, "smtp", "--starttls", "--port", sink.port, "--senders", in_flight,
            "--root-cas", sink.ca, "--input-file", listed]

    def check(sample):
        done = sum(1 for line in sample.lines() if "smtp" in line.get("data", {}))
        return None if done >= hosts else f"{done} of {hosts} probed"
    return Client("zgrab2", argv, hosts, bench.client_cpus, check, essential=False)


def one_by_one(name, bench, command, proof):
    """A tool that takes one host: so many in turn, started by xargs. `proof` is said of each."""
    listed = bench.list(f"{name}.txt", (zone.host(n) for n in range(SEQUENTIAL_PROBES)))
    argv = ["xargs", "-I", "{}", "-a", listed, *command]

    def check(sample):
        done = sample.output.read_text(errors="replace").count(proof)
        return None if done == SEQUENTIAL_PROBES else f"{done} times {proof!r}"
    return Client(f"{name}, one by one", argv, SEQUENTIAL_PROBES, bench.client_cpus, check,
                  essential=False)


def posttls_finger(program, bench, sink, _hosts, _in_flight):
    return one_by_one("posttls-finger", bench,
                      [program, "-c", "-l", "secure", "-F", sink.ca, f"[{{}}]:{sink.port}"],
                      "Verified TLS connection established")


def sslscan(program, bench, sink, _hosts, _in_flight):
    return one_by_one("sslscan", bench,
                      [program, "--starttls-smtp", "--no-ciphersuites", "--no-fallback",
                       "--no-renegotiation", "--no-compression", "--no-heartbleed", "--no-groups",
                       "--no-colour", f"{{}}:{sink.port}"], "Altnames: DNS:mx")


OTHERS = {"tls-scan": tls_scan, "zgrab2": zgrab2, "posttls-finger": posttls_finger,
          "sslscan": sslscan}


def others(bench, sink, hosts, in_flight):
    """Those that this machine has."""
    return [make(found(name), bench, sink, hosts, in_flight)
            for name, make in OTHERS.items() if found(name)]


def absent():
    return [name for name in OTHERS if not found(name)]


# --- parts alone -------------------------------------------------------------------------------


def dns(bench, program, name, queries, in_flight):
    argv = [bench.programs / program, "-s", farm.DNS, "-p", 53, "-n", queries, "-c", in_flight,
            "-D", bench.plan.domains]
    return Client(name, argv, queries, bench.client_cpus, one_line(queries))


def fetch(bench, program, name, sink, fetches, policies):
    argv = [bench.programs / program, "-s", zone.POLICY, "-C", sink.ca, "-n", fetches, "-c", 50,
            "-D", policies]
    return Client(name, argv, fetches, bench.client_cpus, one_line(fetches))


def check(bench, sink, domain, verdicts, name):
    argv = [bench.mxprobe, "check", "--format", "json", "--resolver", farm.DNS, "--ca-file",
            sink.ca, "--port", sink.port, domain]

    def one_result(sample):
        verdict = json.loads(sample.output.read_text())["verdict"]
        return None if verdict in verdicts else f"the verdict is {verdict}"
    return Client(name, argv, 1, bench.client_cpus, one_result, good_statuses=(0, 1, 2, 3))
