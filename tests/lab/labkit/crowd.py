"""Very many domains on the hostile hosts of the lab, and servers for them behind one gate."""
import contextlib
import copy
import json
import subprocess
import sys
import tempfile
from itertools import cycle

from .invoke import lab_table, pki
from .table import CROWD, LAB, Finding

PORT = 2525
SECTIONS = ("Hostile servers", "Hostile handshakes and certificates", "DNS sickness")


def fits(domain):
    """Can it be probed on another port, by the fault server alone? TLSA names a port."""
    hosts = [lab_table().hosts[name] for name in domain.hosts()]
    served = all(host.server == "fault" or (host.server == "postfix" and not host.options)
                 for host in hosts)
    implicit = not domain.mx and domain.name in lab_table().hosts
    return served and not implicit and not domain.options and not any(
        host.tlsa or host.staple or host.backlog_full or host.cname or host.dead for host in hosts)


def member(number, domain):
    """N.crowd.DOMAIN, of which the host is DOMAIN's and all else is missing."""
    made = copy.copy(domain)
    made.name = f"{number}.{CROWD}.{domain.name}"
    made.findings = domain.findings + [Finding("info", "tls_rpt_absent", None, None, None)]
    return made


def sessions(domain):
    """How many it takes to begin with."""
    return sum(len(lab_table().hosts[name].addresses) for name in domain.hosts())


def assemble(domains, wanted):
    """All domains that fit, and of those that draw a crowd so many more as make the sessions."""
    members = [domain for domain in domains if fits(domain)]
    missing = wanted - sum(sessions(domain) for domain in members)
    hosts = cycle([domain for domain in members if domain.crowd])
    return members + [member(number, next(hosts)) for number in range(missing)]


def listeners(members, gate):
    for name in {name for domain in members for name in domain.hosts()}:
        host = lab_table().hosts[name]
        for address in host.addresses:
            yield {"name": name, "address": address, "port": PORT,
                   "chain": pki(f"{name}.crt"), "key": pki(f"{name}.key"),
                   "script": [f"gate {gate}", *(host.script or ["serve"])]}


@contextlib.contextmanager
def servers(members, gate):
    """The fault server at all the hosts of the members; nobody is served before `gate` came."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump(list(listeners(members, gate)), config)
        config.flush()
        server = subprocess.Popen([sys.executable, str(LAB / "faultd.py"), config.name],
                                  stdout=subprocess.PIPE)
        try:
            if server.stdout.readline() != b"ready\n":
                raise RuntimeError("the fault server did not start")
            yield
        finally:
            server.kill()
            server.wait()
