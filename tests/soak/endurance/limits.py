"""--per-host, --per-network and --rate, measured where they are felt."""
import bisect

from benchkit import zone
from labkit.cases import case, holds, same

from .stage import Stage, domains_on, either, scan_to_file

PER_HOST, PER_NETWORK, RATE = 3, 7, 60
DELAY_MS = 20
NETWORK = 256  # addresses


def connections(log):
    """(host, when it began, when it ended), in seconds."""
    with open(log, encoding="ascii") as lines:
        for line in lines:
            host, began, ended = map(int, line.split())
            yield host, began / 1e9, ended / 1e9


def most_at_once(intervals):
    """Of intervals; one that ends as another begins does not meet it."""
    changes = [(began, 1) for began, _ in intervals] + [(ended, -1) for _, ended in intervals]
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def grouped(log, key):
    groups = {}
    for host, began, ended in connections(log):
        groups.setdefault(key(host), []).append((began, ended))
    return groups


def measured(name, domains, *options):
    """The log of the connections that a scan of these domains made."""
    log = Stage.directory / "connections.log"
    sink = Stage.servers.sink(hosts=either(400, 1000), delay=DELAY_MS, log=log)
    log.write_bytes(b"")
    status, _, said = scan_to_file(name, sink, domains, *options)
    same("exit status, standard error", (status, said), (0, ""))
    return log


@case()
def one_address_has_no_more_connections_than_per_host():
    count = Stage.plan.aliases
    log = measured("per-host", zone.aliased_domains(count), "--per-host", PER_HOST)
    hosts = grouped(log, lambda host: host)
    same("addresses", len(hosts), zone.ALIASED)
    same("connections", sum(map(len, hosts.values())), count)
    same("most at once", {most_at_once(one) for one in hosts.values()}, {PER_HOST})


@case()
def one_network_has_no_more_connections_than_per_network():
    domains = either(zone.own_domains(320)[200:], zone.own_domains(1000))
    log = measured("per-network", domains, "--per-network", PER_NETWORK)
    networks = grouped(log, lambda host: (host + 1) // NETWORK)  # host 0 is at .1
    same("connections", sum(map(len, networks.values())), len(domains))
    same("networks", len(networks), either(2, 4))
    same("most at once", {most_at_once(one) for one in networks.values()}, {PER_NETWORK})


@case()
def no_more_connections_begin_in_a_second_than_rate():
    hosts = either(120, 1000)
    log = measured("rate", zone.own_domains(hosts), "--rate", RATE)
    begun = sorted(began for _, began, _ in connections(log))
    same("connections", len(begun), hosts)
    at_once = RATE // 10 + 2  # a tenth of a second's worth may come together, rounded up
    worst = max(bisect.bisect_left(begun, moment + 1) - at for at, moment in enumerate(begun))
    holds("in any second", worst <= RATE + at_once, worst)
    mean = (hosts - 1) / (begun[-1] - begun[0])
    print(f"    {mean:.0f} connections a second, at most {worst} in one")
    holds("on the whole", RATE / 2 <= mean <= RATE + at_once / (begun[-1] - begun[0]), mean)
