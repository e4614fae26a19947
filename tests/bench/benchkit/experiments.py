"""The experiments, each of which settles one goal or more.

Every experiment is one interleaved run. A goal is a ratio of that run, never of two.
"""
import datetime
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from . import clients, profile
from .measure import Rounds, interleave, run

MB, KB = 1e6, 1e3


@dataclass
class Goal:
    number: int
    what: str
    wanted: str
    measured: str
    met: Optional[bool]     # None: this machine cannot tell
    short_by: float = 0.0   # where it is not met: by what part of the goal


@dataclass
class Experiment:
    title: str
    about: str
    unit: str
    rounds: Rounds
    goals: list = field(default_factory=list)
    left_out: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    flat: Optional[profile.Profile] = None
    inclusive: Optional[profile.Profile] = None


def at_most(number, what, value, limit, form="{:.2f}"):
    return Goal(number, what, "≤ " + form.format(limit), form.format(value), value <= limit,
                value / limit - 1)


def at_least(number, what, value, limit, form="{:.2f}"):
    return Goal(number, what, "≥ " + form.format(limit), form.format(value), value >= limit,
                1 - value / limit)


def no_delay(bench):
    """The CPU of a probe, and the rate of one core."""
    sink, n, seen = bench.farm.sink(), bench.plan.hosts, {}
    before = sink.counts()["cpu_s"]
    rounds, left_out = interleave(
        [watched(client, sink, seen) for client in
         (clients.least(bench, sink, n, 100), *clients.reference(bench, sink, n, 100),
          clients.scan(bench, sink, bench.own, n, 100), *clients.others(bench, sink, n, 100))],
        bench.rounds, bench)
    busy_s = sum(s.wall_s for samples in rounds.samples.values() for s in samples)
    share = (sink.counts()["cpu_s"] - before) / busy_s
    return Experiment(
        "No delay", f"{n} hosts, each with a domain of its own, P-256 chains, 100 in flight.",
        "probe", rounds,
        [at_most(1, "CPU of a whole probe, × the least client",
                 rounds.ratio("mxprobe scan", "least client", "cpu_ms"), 1.2),
         at_least(2, "rate without delay, × the least client",
                  rounds.ratio("mxprobe scan", "least client", "rate"), 0.85)],
        left_out,
        [f"The sink used {share:.0%} of its core.",
         "What it saw of each, a probe: " + "; ".join(
             f"{name} {counts['connections'] / units:.2g} connections, "
             f"{counts['handshakes'] / units:.2g} handshakes finished, "
             f"{counts['quits'] / units:.2g} QUIT"
             for name, (counts, units) in seen.items()) + "."])


def watched(client, sink, seen):
    """The client, with what the sink saw of its last run noted under its name."""
    check = client.check

    def note(sample):
        seen[client.name] = sink.counts(), sample.units
        return check(sample) if check else None
    client.check = note
    return client


def delayed(bench):
    """50 ms before every reply, 1,000 in flight on one core."""
    sink, n, in_flight = bench.farm.sink(delay=50), bench.plan.hosts, 1000
    rounds, left_out = interleave(
        [clients.least(bench, sink, n, in_flight), *clients.reference(bench, sink, n, in_flight),
         clients.scan(bench, sink, bench.own, n, in_flight),
         *[c for c in clients.others(bench, sink, n, in_flight) if "one by one" not in c.name]],
        bench.rounds, bench)
    limit = 25 + 70 * KB * in_flight / MB
    return Experiment(
        "50 ms a reply", f"{n} hosts with a domain each, {in_flight} in flight, one core.", "probe",
        rounds,
        [at_least(2, "rate at 50 ms a reply, × the least client",
                  rounds.ratio("mxprobe scan", "least client", "rate"), 0.85),
         at_most(4, f"peak memory at {in_flight} in flight, MB",
                 rounds.median("mxprobe scan", "rss_mb"), limit, "{:.0f}")], left_out)


def chains(bench):
    """The same with the other kinds of chain."""
    n, result, left_out = bench.plan.shared, Rounds(), {}
    for kind, label in (("rsa", "RSA 2048"), ("p384", "P-384 authorities")):
        sink = bench.farm.sink(**{kind: 100})
        rounds, broken = interleave(
            [clients.least(bench, sink, n, 100),
             clients.scan(bench, sink, bench.list("few", bench.own_domains(n)), n, 100)],
            bench.rounds, bench)
        left_out |= broken
        for name, samples in rounds.samples.items():
            result.samples[f"{name}, {label}"] = samples
    return Experiment("Other chains", f"{n} hosts, no delay, 100 in flight.", "probe", result,
                      left_out=left_out)


def threads(bench):
    """Two workers instead of one. Clients and servers share all cores, in both."""
    sink, n = bench.farm.sink(), bench.plan.hosts
    one, two = (clients.scan(bench, sink, bench.own, n, 200, threads=threads, cpus=bench.all_cpus,
                             name=name) for threads, name in ((1, "1 thread"), (2, "2 threads")))
    least = clients.least(bench, sink, n, 200, threads=2, cpus=bench.all_cpus)
    rounds, left_out = interleave(
        [one, two, clients.least(bench, sink, n, 200, cpus=bench.all_cpus), least],
        bench.rounds, bench)
    goals = [at_most(3, "CPU of a probe with two threads, × with one",
                     rounds.ratio("2 threads", "1 thread", "cpu_ms"), 1.05)]
    notes = []
    if profile.is_here():
        locks = [profile.flat(client, bench).heaviest_lock() for client in (one, two, least)]
        goals.append(at_most(3, "heaviest lock with two threads, % of samples beyond the least "
                             "client's", max(0.0, locks[1][1] - locks[2][1]), 1.0))
        notes.append("The heaviest lock, in % of samples: " + "; ".join(
            f"{who} {percent:.1f} (`{name}`)" for who, (name, percent) in
            zip(("one thread", "two threads", "least client, two threads"), locks))
            + ". What one thread spends there it spends on locks that nobody else wants: "
              "OpenSSL's own.")
    faster = rounds.ratio("2 threads", "1 thread", "rate")
    if len(bench.all_cpus) >= 4:
        goals.append(at_least(3, "rate with two threads, × with one", faster, 1.7))
    else:
        goals.append(Goal(3, "rate with two threads, × with one",
                          "≥ 1.7 where there are four cores",
                          f"{faster:.2f} on {len(bench.all_cpus)} cores, servers on them too",
                          None))
    return Experiment("Threads", f"{n} hosts, no delay, 200 in flight.", "probe", rounds, goals,
                      left_out, notes)


def list_growth(bench):
    """Names that do not exist: what a name more costs in memory."""
    sink, few, many = bench.farm.sink(), bench.names // 11, bench.names
    made = [clients.scan(bench, sink, bench.list(f"absent-{n}", bench.absent_names(n)), n, 1000,
                         verdicts=("fail",), name=f"{n} names") for n in (few, many)]
    rounds, left_out = interleave(made, min(bench.rounds, 3), bench)
    grown = statistics.median(
        (b.max_rss_kib - a.max_rss_kib) * 1024 / (many - few)
        for a, b in zip(rounds.samples[made[0].name], rounds.samples[made[1].name]))
    return Experiment("A longer list", "Names that do not exist, every one another.", "name",
                      rounds,
                      [at_most(4, "memory a further name, bytes", grown, 24, "{:.1f}")], left_out)


def sharing(bench):
    """Many domains on few hosts."""
    hosts, domains = bench.plan.shared, bench.plan.domains
    sink = bench.farm.sink(hosts=hosts)
    repeats = []

    def probed_once(client):
        answered = client.check

        def check(sample):
            counts = sink.counts()
            repeats.append(counts["connections"] - hosts)
            if counts["hosts"] != hosts or counts["quits"] != counts["connections"]:
                return f"not every host was probed to its end: {counts}"
            return answered(sample)
        client.check = check
        return client

    few, many = (probed_once(clients.scan(bench, sink, bench.list(f"shared-{n}",
                                                                  bench.shared_domains(n)),
                                          n, 1000, name=f"{n} domains"))
                 for n in (hosts, domains))
    sink.counts()
    rounds, left_out = interleave([few, many], bench.rounds, bench)
    further_s = 90e-6 * (domains - hosts)
    value = statistics.median(
        b.cpu_s / (1.3 * a.cpu_s + further_s)
        for a, b in zip(rounds.samples[few.name], rounds.samples[many.name]))
    return Experiment(
        "Shared hosts", f"Domains on {hosts} hosts; a host is probed once.", "domain", rounds,
        [at_most(5, f"CPU of {domains} domains, × (1.3 × that of {hosts} and 90 µs a further "
                    "domain)", value, 1.0),
         Goal(5, "hosts probed more than once, all runs", "0", str(sum(repeats)),
              sum(repeats) == 0)], left_out)


def dns(bench):
    """The resolver alone, and c-ares alone."""
    n = bench.names // 4
    rounds, left_out = interleave([clients.dns(bench, "bench_least_dns", "c-ares alone", n, 500),
                                   clients.dns(bench, "bench_resolver", "resolver", n, 500)],
                                  bench.rounds, bench)
    return Experiment(
        "DNS", f"{n} MX queries at nsd, at most 500 in flight.", "query", rounds,
        [at_most(6, "CPU of a query, µs", 1000 * rounds.median("resolver", "cpu_ms"), 12,
                 "{:.1f}"),
         at_least(6, "queries/s on a core", rounds.median("resolver", "rate"), 60000, "{:.0f}")],
        left_out, [f"The resolver took {rounds.ratio('resolver', 'c-ares alone', 'cpu_ms'):.2f} × "
                   "the CPU of c-ares alone."])


def fetch(bench):
    """The policy fetch alone, and libcurl alone."""
    policies = 200
    sink, n = bench.farm.sink(hosts=1, policies=policies), bench.plan.shared
    rounds, left_out = interleave(
        [clients.fetch(bench, "bench_least_fetch", "libcurl alone", sink, n, policies),
         clients.fetch(bench, "bench_fetcher", "policy fetch", sink, n, policies)],
        bench.rounds, bench)
    return Experiment(
        "Policy fetch", f"{n} fetches from {policies} policy hosts, 50 in flight, chain verified.",
        "fetch", rounds,
        [at_most(7, "CPU of a policy fetch, × bare libcurl",
                 rounds.ratio("policy fetch", "libcurl alone", "cpu_ms"), 1.3)], left_out)


def healthy_rate(verdict):
    """A check that notes how fast the domains with this verdict were answered."""
    def moment(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

    def check(sample):
        begins, ends = [], []
        for result in sample.lines():
            if result["verdict"] == verdict:
                begins.append(moment(result["started_at"]))
                ends.append(begins[-1] + result["elapsed_ms"] / 1000)
        if not ends:
            return "no healthy domain"
        sample.healthy_rate = len(ends) / (max(ends) - min(begins))
        return None
    return check


def faulty(bench):
    """Hosts that say nothing must not hold the others up."""
    n, made = bench.plan.hosts, []
    for name, faults in (("all healthy", {}), ("2 % silent or stalling",
                                               {"silent": 1, "stalling": 1})):
        client = clients.scan(bench, bench.farm.sink(delay=50, **faults), bench.own, n, 1000,
                              options=("--timeout", 5, "--connect-timeout", 5), name=name)
        client.check = healthy_rate("ok")
        client.good_statuses = (0, 3)
        made.append(client)
    rounds, left_out = interleave(made, bench.rounds, bench)
    healthy = [f"{name}: {rounds.median(name, 'healthy_rate'):.0f} healthy domains/s"
               for name in rounds.names()]
    return Experiment(
        "Faulty hosts", f"{n} hosts, 50 ms a reply, 1,000 in flight, --timeout 5.", "domain",
        rounds, [at_least(8, "rate of the healthy with 2 % faulty, × without",
                          rounds.ratio(made[1].name, made[0].name, "healthy_rate"), 0.9)],
        left_out, healthy)


def cold(bench):
    """One domain, from process start to last byte."""
    sink, delay_ms, replies = bench.farm.sink(delay=50), 50, 5
    domain = next(iter(bench.own_domains(1)))
    rounds, left_out = interleave(
        [clients.check(bench, sink, domain, ("ok",), "check, five replies of 50 ms"),
         clients.check(bench, sink, "absent.test", ("fail",), "check, no such domain")],
        2 * bench.rounds + 1, bench)
    chain_ms = delay_ms * replies
    return Experiment(
        "One domain, cold", "`mxprobe check`, process start to end.", "check", rounds,
        [at_most(9, f"one check whose chain of replies takes {chain_ms} ms, ms",
                 1000 * rounds.median("check, five replies of 50 ms", "wall_s"), chain_ms + 50,
                 "{:.0f}"),
         at_most(9, "start-up: a check that needs no trust store, ms",
                 1000 * rounds.median("check, no such domain", "wall_s"), 15, "{:.1f}")], left_out)


def traffic(bench):
    """What crosses the wire, both directions, IP headers included."""
    hosts, domains = bench.plan.shared, bench.plan.domains
    sink, rounds, crossed = bench.farm.sink(hosts=hosts), Rounds(), {}
    for name, listed, n, verdict in (
            ("a host each", bench.own_domains(hosts), hosts, "ok"),
            ("shared hosts", bench.shared_domains(domains), domains, "ok"),
            ("absent names", bench.absent_names(domains), domains, "fail")):
        client = clients.scan(bench, sink, bench.list("traffic", listed), n, 100, name=name,
                              verdicts=(verdict,))
        before = on_loopback()
        rounds.add(name, run(client, bench.programs, bench.directory))
        crossed[name] = [(b - a) / n for a, b in zip(before, on_loopback())]
    notes = [f"{name}: {size / KB:.2f} kB in {packets:.1f} packets a domain."
             for name, (size, packets) in crossed.items()]
    return Experiment("Traffic",
                      f"{hosts} hosts; one run of each, counted on the loopback interface.",
                      "domain", rounds, notes=notes)


def on_loopback():
    """(bytes, packets) so far, without the 14 bytes that the interface puts before each packet."""
    size, packets = (int(Path(f"/sys/class/net/lo/statistics/{name}").read_text())
                     for name in ("rx_bytes", "rx_packets"))
    return size - 14 * packets, packets


def cpu_of_a_probe(bench):
    """A profile of the scan without delay."""
    client = clients.scan(bench, bench.farm.sink(), bench.own, bench.plan.hosts, 100)
    return profiled("Where the CPU of a probe goes",
                    f"{bench.plan.hosts} hosts with a domain each, no delay, one thread.", client,
                    bench)


def cpu_of_a_domain(bench):
    """A profile of a scan whose hosts are known, nearly all the time."""
    hosts, domains = bench.plan.shared, bench.plan.domains
    client = clients.scan(bench, bench.farm.sink(hosts=hosts),
                          bench.list("shared", bench.shared_domains(domains)), domains, 1000)
    return profiled("Where the CPU of a domain goes",
                    f"{domains} domains on {hosts} hosts, no delay, one thread.", client, bench)


def profiled(title, about, client, bench):
    made = Experiment(title, about, "domain", Rounds())
    if profile.is_here():
        made.flat, made.inclusive = profile.flat(client, bench), profile.inclusive(client, bench)
    else:
        made.notes.append("There is no perf on this machine.")
    return made


ALL = (no_delay, delayed, chains, threads, list_growth, sharing, dns, fetch, faulty, cold, traffic,
       cpu_of_a_probe, cpu_of_a_domain)
