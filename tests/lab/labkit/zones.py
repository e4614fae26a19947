"""The zones: the root, test. and the sick ones, signed with algorithm 13 by ldns-signzone."""
import base64
import datetime
import re
import shutil
import subprocess

from .table import AUTHORITATIVE, CROWD, FAULTY, Zone

HEAD = """$TTL 60
@ SOA ns.test. hostmaster.test. 1 3600 600 86400 60
@ NS ns.test.
"""


def records_of(table, certificates):
    """(owner, rest of the record) for everything in the table; owners with a final dot."""
    yield "ns.test.", f"A {AUTHORITATIVE}"
    for kind, address in FAULTY.items():
        yield f"ns.{kind}.test.", f"A {address}"
    for host in table.hosts.values():
        yield from host_records(host, certificates)
    for domain in table.domains:
        if domain.exists:
            yield from domain_records(domain)


def host_records(host, certificates):
    owner = host.name + "."
    if host.cname:
        yield owner, f"CNAME {host.cname}."
    for address in host.addresses + host.dead:
        yield owner, address_record(address)
    for tlsa in certificates.tlsa(host):
        yield f"_25._tcp.{owner}", f"TLSA {tlsa}"


def address_record(address):
    return f"{'AAAA' if ':' in address else 'A'} {address}"


def domain_records(domain):
    owner = domain.name + "."
    for entry in domain.mx:
        preference, host = entry.split()
        yield owner, f"MX {preference} {'.' if host == '.' else host + '.'}"
    for address in domain.addresses:
        yield owner, address_record(address)
    for text in domain.sts_record:
        yield f"_mta-sts.{owner}", f"TXT {quoted(text)}"
    for text in domain.tls_rpt:
        yield f"_smtp._tls.{owner}", f"TXT {quoted(text)}"
    if domain.policy and domain.policy.server != "none":
        yield f"mta-sts.{owner}", f"A {domain.policy_address()}"
    if domain.crowd:
        yield f"*.{CROWD}.{owner}", f"MX {domain.mx[0]}."
    for line in domain.records:
        name, rest = line.split(None, 1)
        yield name, rest


def quoted(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(f'"{escaped[i:i + 255]}"' for i in range(0, max(len(escaped), 1), 255))


def build(table, certificates, directory):
    """Writes DIR/*.zone, signed where they are to be, and DIR/trust-anchor.ds."""
    zones = [Zone("."), Zone("test")] + table.zones
    contents = {zone.name: [] for zone in zones}
    by_depth = sorted((z.name for z in zones if z.name != "."), key=len, reverse=True)
    for owner, rest in records_of(table, certificates):
        name = owner.rstrip(".").lower()
        home = next((zone for zone in by_depth if name == zone or name.endswith("." + zone)), ".")
        contents[home].append(f"{owner} {rest}")
    keys = {zone.name: make_key(zone, directory) for zone in zones if zone.signed}
    for zone in zones[1:]:
        parent = next((z for z in by_depth if zone.name.endswith("." + z)), ".")
        contents[parent] += delegation(zone, keys, directory)
    for zone in zones:
        if not zone.answers:
            write_zone(zone, contents[zone.name], keys.get(zone.name), directory)
    shutil.copy(directory / f"{keys['.']}.ds", directory / "trust-anchor.ds")


def file_of(zone_name):
    return "root" if zone_name == "." else zone_name


def make_key(zone, directory):
    run = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone.name], cwd=directory,
                         check=True, capture_output=True, text=True)
    return run.stdout.strip()


def delegation(zone, keys, directory):
    lines = [f"{zone.name}. NS ns.{zone.answers + '.' if zone.answers else ''}test."]
    if zone.name == "test":
        lines.append(f"ns.test. A {AUTHORITATIVE}")
    if zone.name in keys:
        lines.append((directory / f"{keys[zone.name]}.ds").read_text().strip())
    return lines


def write_zone(zone, records, key, directory):
    plain = directory / f"{file_of(zone.name)}.plain"
    signed = directory / f"{file_of(zone.name)}.zone"
    head = HEAD.replace("@", zone.name if zone.name == "." else zone.name + ".")
    plain.write_text(head + "\n".join(sorted(set(records))) + "\n")
    if not key:
        plain.rename(signed)
        return
    now = datetime.datetime.now(datetime.timezone.utc)
    begin, end = (-30, -3) if zone.expired else (-2, 30)
    stamps = [(now + datetime.timedelta(days=d)).strftime("%Y%m%d%H%M%S") for d in (begin, end)]
    denial = ["-n", "-t", "1", "-s", "ab"] if zone.nsec3 else []
    subprocess.run(["ldns-signzone", *denial, "-i", stamps[0], "-e", stamps[1], "-o", zone.name,
                    "-f", signed.name, plain.name, key], cwd=directory, check=True,
                   capture_output=True)
    for entry in zone.broken:
        break_signature(signed, *entry.split())


def break_signature(path, owner, rtype):
    """Turns one bit over in the RRSIG of (owner, type): the data stays as it is."""
    pattern = re.compile(rf"^({re.escape(owner)}\.\s.*RRSIG\s+{rtype}\s.*\s)(\S+)\s*$",
                         re.MULTILINE)

    def turn(match):
        signature = bytearray(base64.b64decode(match.group(2)))
        signature[10] ^= 1
        return match.group(1) + base64.b64encode(bytes(signature)).decode()

    text, count = pattern.subn(turn, path.read_text())
    if count != 1:
        raise RuntimeError(f"{path.name}: {count} signatures for {owner} {rtype}")
    path.write_text(text)
