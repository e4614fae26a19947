"""Reads table/*.toml, everything that the lab holds, and refuses what it does not know."""
import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
TABLE = LAB / "table"
SECTIONS = ("zones", "healthy", "routing", "reach", "smtp", "starttls", "handshake",
            "certificates", "mta-sts", "dane", "both-keys", "tls-rpt", "hostile", "hostile-tls", "sick-dns")
POLICY_ID = "20261101T000000"
NGINX = "127.3.0.1"
AUTHORITATIVE = "127.0.0.10"
# The fault server's name servers, by kind (faultdns.py).
FAULTY = {kind: f"127.0.0.{55 + number}" for number, kind in enumerate((
    "silent", "refusing", "wrong-id", "other-question", "truncating", "looping", "garbled",
    "explaining"))}
NOBODY = "127.9.9.9"  # an address where nothing listens
CROWD = "crowd"  # N.crowd.DOMAIN is a further domain on the host of DOMAIN, for every N


class TableError(Exception):
    pass


@dataclass
class Host:
    """A mail host: one listener of a real server, or a script for the fault server."""
    name: str
    server: str = "postfix"          # postfix, exim, fault, or none (DNS only)
    certificate: str = "good"
    second: str = None               # a further one, of another kind of key (Postfix)
    staple: str = None               # an OCSP response behind it: good or revoked
    names: list = field(default_factory=list)  # further names in the certificate
    tlsa: list = field(default_factory=list)
    addresses: list = None           # assigned when not given; [] for none
    dead: list = field(default_factory=list)  # further addresses where nothing listens
    options: dict = field(default_factory=dict)  # Postfix parameters, or Exim's by short names
    script: list = field(default_factory=list)
    backlog_full: bool = False       # the fault server lets nobody in
    cname: str = None                # the name is an alias of this one
    about: str = ""


def second_name(host):
    """Under which its second key and chain are kept."""
    return f"second.{host.name}"


@dataclass
class Zone:
    """A zone of its own below test., with its fault."""
    name: str
    signed: bool = True
    answers: str = None              # delegated to a faulty server of this kind, in place of nsd
    nsec3: bool = False              # denials by NSEC3
    expired: bool = False
    broken: list = field(default_factory=list)  # "OWNER TYPE": its RRSIG does not verify


@dataclass
class Policy:
    """What stands at https://mta-sts.DOMAIN/.well-known/mta-sts.txt."""
    mode: str = None
    mx: list = None                  # the domain's MX hosts when not given
    max_age: int = 604800
    body: str = None                 # in place of the three above
    size: int = 0                    # padded with an unknown field to so many bytes
    server: str = "nginx"            # nginx, fault, nobody (refused), none (NXDOMAIN)
    certificate: str = "good"
    status: int = 200
    content_type: str = "text/plain"
    gzip: bool = False
    script: list = field(default_factory=list)


@dataclass
class Domain:
    name: str
    about: str
    verdict: str
    delivery: list                   # opportunistic, mta_sts, dane; in the table one string
    findings: list
    mx: list = None                  # "PREFERENCE HOST"; [] for none
    addresses: list = field(default_factory=list)  # of the domain itself
    sts: str = None                  # short for policy = { mode = … }
    policy: Policy = None
    sts_record: list = None
    tls_rpt: list = None
    records: list = field(default_factory=list)  # further records, whole lines; expand()
    exists: bool = True              # False: not in any zone
    text: str = None                 # U-labels, where they differ
    options: list = field(default_factory=list)   # further options for mxprobe, $LAB_… replaced
    stage: str = None                # the last that every session reaches, where it is of interest
    posttls: dict = field(default_factory=dict)
    section: str = None              # the title of its file
    fault_address: str = None        # assigned
    crowd: bool = False              # assigned: N.crowd.DOMAIN share its host, see CROWD

    def hosts(self):
        """The names of the MX hosts; none for a null MX."""
        return [entry.split()[1] for entry in self.mx if entry.split()[1] != "."]

    def policy_address(self):
        """Where mta-sts.DOMAIN points; the fault server has an address for each."""
        if self.policy.server != "fault":
            return {"nginx": NGINX, "nobody": NOBODY}[self.policy.server]
        return self.fault_address


@dataclass
class Finding:
    severity: str
    reason: str
    result_type: str
    policy_type: str
    mx: str

    @classmethod
    def parse(cls, text):
        parts = text.split()
        if len(parts) != 5:
            raise TableError(f"not a finding: {text!r}")
        return cls(*(None if part == "-" else part for part in parts))

    def key(self):
        return tuple(getattr(self, f.name) or "-" for f in fields(self))


@dataclass
class Table:
    hosts: dict
    zones: list
    domains: list


def load(path=TABLE):
    sections = [tomllib.loads((Path(path) / f"{name}.toml").read_text()) for name in SECTIONS]
    for section in sections:
        unknown = set(section) - {"title", "zone", "host", "domain"}
        if unknown:
            raise TableError(f"{section['title']}: unknown {sorted(unknown)}")
    hosts = {}
    for entry in entries(sections, "host"):
        unique(hosts, make(Host, entry))
    domains = {}
    for section in sections:
        for entry in section.get("domain", []):
            unique(domains, make_domain(dict(entry, section=section["title"]), hosts))
    assign_addresses(hosts, domains)
    for domain in domains.values():
        domain.crowd = draws_a_crowd(domain, hosts)
    return Table(hosts, [make(Zone, entry) for entry in entries(sections, "zone")],
                 list(domains.values()))


def entries(sections, kind):
    return [entry for section in sections for entry in section.get(kind, [])]


def unique(known, new):
    if new.name in known:
        raise TableError(f"twice: {new.name}")
    known[new.name] = new


def make(kind, entry):
    known = {f.name for f in fields(kind)}
    unknown = set(entry) - known
    if unknown:
        raise TableError(f"{kind.__name__} {entry.get('name', '')}: unknown {sorted(unknown)}")
    try:
        return kind(**entry)
    except TypeError as error:
        raise TableError(f"{kind.__name__} {entry.get('name', '')}: {error}") from error


def make_domain(entry, hosts):
    domain = make(Domain, entry)
    if domain.mx is None:
        domain.mx = [f"10 mx.{domain.name}"]
    if domain.sts and domain.policy:
        raise TableError(f"{domain.name}: both sts and policy")
    if domain.sts:
        domain.policy = {"mode": domain.sts}
    if domain.policy is not None:
        domain.policy = make(Policy, domain.policy)
        if domain.policy.mx is None:
            domain.policy.mx = domain.hosts()
        if domain.sts_record is None:
            domain.sts_record = [f"v=STSv1; id={POLICY_ID};"]
    domain.sts_record = [expand(text)[0] for text in domain.sts_record or []]
    domain.records = [line for text in domain.records for line in expand(text)]
    if domain.tls_rpt is None:
        domain.tls_rpt = [f"v=TLSRPTv1; rua=mailto:tls-reports@{domain.name}"] \
            if domain.exists else []
    domain.tls_rpt = [expand(text)[0] for text in domain.tls_rpt]
    domain.delivery = domain.delivery.split()
    domain.findings = [Finding.parse(text) for text in domain.findings]
    add_plain_hosts(domain, hosts)
    return domain


def expand(text):
    """The lines that `text` stands for: {TEXT*N} is TEXT so many times over, and with {M..N} there
    is a line for each number from M to N."""
    text = re.sub(r"\{([^{}*]+)\*(\d+)\}", lambda found: found[1] * int(found[2]), text)
    found = re.search(r"\{(\d+)\.\.(\d+)\}", text)
    if not found:
        return [text]
    return [text.replace(found[0], str(number))
            for number in range(int(found[1]), int(found[2]) + 1)]


def add_plain_hosts(domain, hosts):
    """An MX host of the domain's own name that has no entry is a sound Postfix."""
    for host in domain.hosts():
        if host not in hosts and host == f"mx.{domain.name}" and domain.exists:
            hosts[host] = Host(host)
        if host not in hosts:
            raise TableError(f"{domain.name}: no such host: {host}")


def draws_a_crowd(domain, hosts):
    """Can further domains share its one host, and is all that is found about them the host's?"""
    if domain.hosts() != [f"mx.{domain.name}"] or len(domain.mx) != 1 or not domain.exists:
        return False
    host = hosts[domain.hosts()[0]]
    about_domain = {finding.reason for finding in domain.findings if not finding.mx}
    return (host.server in ("fault", "postfix")
            and not (host.second or host.options or host.tlsa or host.staple or host.backlog_full or host.cname)
            and not (domain.policy or domain.options or domain.records)
            and about_domain == {"mta_sts_policy_not_found", "no_downgrade_protection"})


def assign_addresses(hosts, domains):
    """127.2.0.N to every host that asks for no address of its own, 127.4.0.N to policy hosts."""
    number = 0
    for host in hosts.values():
        if host.addresses is None and not host.cname:
            number += 1
            host.addresses = [f"127.2.{number // 250}.{number % 250 + 1}"]
        host.addresses = host.addresses or []
    for number, domain in enumerate(domains.values()):
        domain.fault_address = f"127.4.{number // 250}.{number % 250 + 1}"
