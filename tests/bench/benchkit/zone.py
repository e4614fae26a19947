"""The zone `test.` of the farm, and the lists of domains that are scanned.

    mxIIII.test      a mail host, at 127.1.0.1 + I (farm.h)
    dJJJJJ.test      a domain on mail host J modulo SHARED
    hIIII.test       a domain on a mail host of its own
    aIIII.test       a domain with a mail host name of its own, at one of a few addresses
    mta-sts.dJJJJJ.test, _mta-sts.dJJJJJ.test   for the first of the shared domains
"""
import ipaddress
from dataclasses import dataclass

MAIL = int(ipaddress.IPv4Address("127.1.0.1"))
POLICY = "127.2.0.1"
ALIASED = 4

HEAD = """$ORIGIN test.
$TTL 3600
@ SOA ns.test. hostmaster.test. 1 3600 600 86400 60
@ NS ns.test.
ns A {server}
"""


@dataclass(frozen=True)
class Plan:
    """How much of everything there is."""
    hosts: int      # mail hosts, each with a domain of its own
    shared: int     # so many of them have the shared domains
    domains: int    # shared domains
    policies: int = 0
    aliases: int = 0  # domains at the first ALIASED addresses


def host(number):
    return f"mx{number:04d}.test"


def address(number):
    return str(ipaddress.IPv4Address(MAIL + number))


def shared_domains(count):
    return [f"d{number:05d}.test" for number in range(count)]


def own_domains(count):
    return [f"h{number:04d}.test" for number in range(count)]


def aliased_domains(count):
    return [f"a{number:04d}.test" for number in range(count)]


def absent_names(count):
    """Names that do not exist; every one is another."""
    return (f"n{number:07d}.test" for number in range(count))


def lines(plan, server):
    yield HEAD.format(server=server)
    for number in range(plan.hosts):
        yield f"mx{number:04d} A {address(number)}\nh{number:04d} MX 10 mx{number:04d}\n"
    for number in range(plan.domains):
        yield f"d{number:05d} MX 10 mx{number % plan.shared:04d}\n"
    for number in range(plan.aliases):
        yield (f"a{number:04d} MX 10 alias{number:04d}\n"
               f"alias{number:04d} A {address(number % ALIASED)}\n")
    for number in range(plan.policies):
        yield f'_mta-sts.d{number:05d} TXT "v=STSv1; id=1;"\nmta-sts.d{number:05d} A {POLICY}\n'


def write(plan, server, path):
    with open(path, "w", encoding="ascii") as file:
        file.writelines(lines(plan, server))
