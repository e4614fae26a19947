#!/usr/bin/python3
"""Holds what runs really emit against docs/decision-table.md, both ways.

    lab run -q -- check_rows.py [-v]

Every domain of the lab is probed, and what no domain can show is provoked by options, by servers of
this test and by shortages. Then each (row, reason, result type) of the document must have been
produced, and each that was produced must stand in the document; -v lists who produced what. The
reasons that the user named must come from real TLS stacks, name servers and web servers, but for
those that ONLY_THE_FAULT_SERVER lists.
"""
import hashlib
import json
import ssl
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import decisions, invoke, program, table  # noqa: E402
from labkit.listeners import MailServer  # noqa: E402

# Reasons of the user's that no real server at hand can be brought to.
ONLY_THE_FAULT_SERVER = {"unexpected_message": "no real server speaks out of turn"}

# Where rows share a reason, whose row each is, by the words of the document.
ROWS_OF_DOMAINS = {
    "4": "address-servfail",
    "8": "banner-554",
    "8a": "banner-http ehlo-close",
    "8b": "ehlo-helo-refused",
    "9": "helo-only-enforce",
    "10": "no-starttls-enforce",
    "11": "starttls-454-enforce starttls-554",
    "12": "starttls-stripped-enforce",
    "13": "plaintext-behind-220",
    "15": "smtp-for-tls http-for-tls garbage-for-tls",
    "16": "handshake-close handshake-reset handshake-silence",
    "17": "alert-70",
    "18": "rc4 tripledes",
    "19": "alert-71 camellia",
    "20": "alert-40",
    "21": "small-dh",
    "23": "anonymous",
    "24": "tls10 tls11",
    "25": "alert-10 out-of-order",
    "26": "alert-80",
    "27": "client-certificate client-certificate-12",
    "56": "lame",
    "57": "policy-404 policy-410",
    "73": "alert-40-dane no-starttls-dane",
    "B2": "bare-line-feed banner-escape",
}
CERTIFICATE_ROWS = {"41", "42", "43", "45", "49", "50", "52"}

REAL_MAIL = {"postfix", "exim"}
# A policy host that refuses, or that does not exist, is as real as one can be.
REAL_POLICY = {"nginx", "nobody", "none"}

CANNOT_RUN = 77  # what CTest takes for "skipped"
SOME_TLSA = "3 1 1 " + "00" * 32
END_OF_PEM = "\n-----END CERTIFICATE-----"
SELF, WORLD = "127.8.0.6", "192.0.2.1,2001:db8::1"
LOST = "198.51.100"  # the lab loses packets that go there
RC4_SERVER_HELLO = bytes.fromhex(
    "160301002a" "02000026" "0301" + "5a" * 32 + "00" "0005" "00")  # RFC 5246 7.4.1.3, RFC 2246 A.5
WITHOUT_ROUTES = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")
FEW_DESCRIPTORS = ("prlimit", "--nofile=16")


class OnlyRc4(MailServer):
    """Takes RC4 with SHA-1 where a ClientHello offers it, and closes on every other."""

    def secure(self, connection):
        hello = connection.recv(16384)
        # Behind record and handshake header, version, random and session id (RFC 5246 7.4.1.2).
        at = 44 + hello[43]
        length = int.from_bytes(hello[at:at + 2], "big")
        suites = hello[at + 2:at + 2 + length]
        if b"\x00\x05" in (suites[i:i + 2] for i in range(0, length, 2)):
            connection.sendall(RC4_SERVER_HELLO)
            connection.recv(16384)
        raise EOFError


def tlsa(host, record=SOME_TLSA):
    return "--tlsa", f"{host}:{record}"


def issuer_tlsa(domain):
    """A DANE-TA record for the second certificate that the domain's MX host sends."""
    _, issuer, *_ = Path(invoke.pki(f"mx.{domain}.crt")).read_text().split(END_OF_PEM)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(issuer.strip() + END_OF_PEM)).hexdigest()
    return tlsa("mx." + domain, "2 0 1 " + digest)


def option_runs():
    """(domain, options, how): what no domain of the table shows by itself."""
    for domain in ("helo-only", "starttls-454", "starttls-stripped", "smtp-for-tls", "tls11", "rc4",
                   "camellia"):
        yield f"{domain}.test", tlsa(f"mx.{domain}.test"), {}  # row 73
    for domain in ("not-valid-yet", "broken-signature", "client-purpose", "name-constraints"):
        yield f"{domain}.test", issuer_tlsa(f"{domain}.test"), {}  # row B7
    yield "good-plain.test", ("--no-trust-ad",), {}
    yield "good-plain.test", ("--sts-mode", "enforce"), {}
    yield "banner-silence.test", ("--deadline", "1"), {}
    yield "policy-silence.test", ("--deadline", "1"), {}
    too_many = [word for n in range(33) for word in ("--mx", f"mx{n}.good-plain.test")]
    yield "good-plain.test", too_many, {}  # row B3
    lost = ",".join(f"{LOST}.{n}" for n in range(1, 17))
    yield ("good-plain.test", ("--resolve", f"mx.good-plain.test:{lost}"),
           {"prefix": FEW_DESCRIPTORS})
    yield ("good-plain.test", ("--mx", "mx.good-plain.test", "--resolve",
                               f"mx.good-plain.test:{WORLD}"), {"prefix": WITHOUT_ROUTES})


def run_domains(domains):
    """The result objects of all domains, those with the same options together."""
    groups = defaultdict(list)
    for domain in domains:
        groups[tuple(domain.options)].append(domain.text or domain.name)
    for options, names in groups.items():
        objects, status, err = program.results(names, options)
        if len(objects) != len(names):
            sys.exit(f"{len(objects)} answers for {len(names)} domains, status {status}\n"
                     + err[-2000:])
        yield from objects.values()


def excluded(domain):
    """The result of a scan that is told not to touch the domain; the list is also what to scan."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(domain)
        file.flush()
        out = subprocess.run([program.path(), "scan", "--exclude", file.name, file.name],
                             capture_output=True, check=True).stdout
    return json.loads(out)


def run_options():
    with OnlyRc4("mx.good-plain.test", SELF):
        yield invoke.probe("good-plain.test", "--resolve", f"mx.good-plain.test:{SELF}")
    yield excluded("good-plain.test")
    limits = ("--timeout", program.TIMEOUT_S, "--connect-timeout", program.CONNECT_TIMEOUT_S)
    with ThreadPoolExecutor(3) as pool:
        yield from pool.map(lambda run: invoke.probe(run[0], *limits, *run[1], **run[2]),
                            list(option_runs()))


# --- what was emitted -------------------------------------------------------------------------

def outcome(finding):
    return finding["row"], finding["reason"], finding["result_type"]


def is_real(finding, domain, lab):
    """Was it real software that made this happen?"""
    def mail_is_real(name):
        host = lab.hosts.get(name)
        if host and host.cname:
            host = lab.hosts.get(host.cname)
        return bool(host) and host.server in REAL_MAIL

    if finding["mx"]:
        return mail_is_real(finding["mx"])
    if finding["stage"] in ("policy-host", "policy") and domain.policy:
        return domain.policy.server in REAL_POLICY and all(map(mail_is_real, domain.hosts()))
    faulty = {zone.name for zone in lab.zones if zone.answers}
    return not any(domain.name == zone or domain.name.endswith("." + zone) for zone in faulty)


class Emitted:
    def __init__(self):
        self.producers = defaultdict(set)  # by outcome
        self.rows = defaultdict(set)       # by domain of the table
        self.real = defaultdict(set)       # by reason
        self.wrong_policy = []
        self.several = set()               # domains with two certificate faults at one host
        self.twice = set()                 # domains with one condition under two policies

    def take(self, result, domain=None, lab=None):
        name = result["domain"]
        faults, policies = defaultdict(set), defaultdict(set)
        for finding in result["findings"]:
            self.producers[outcome(finding)].add(name)
            if finding["policy_type"] not in decisions.policy_types(finding["row"],
                                                                    finding["result_type"]):
                self.wrong_policy.append(f"{name}: {finding['policy_type']} at {outcome(finding)}")
            if domain:
                self.rows[name].add(finding["row"])
            if domain and is_real(finding, domain, lab):
                self.real[finding["reason"]].add(name)
            if finding["row"] in CERTIFICATE_ROWS and finding["result_type"]:
                faults[finding["ip"]].add(finding["reason"])
            policies[finding["ip"], finding["reason"]].add(finding["policy_type"])
        if any(len(reasons) > 1 for reasons in faults.values()):
            self.several.add(name)
        if any({"sts", "tlsa"} <= kinds for kinds in policies.values()):
            self.twice.add(name)


def compare(rows, emitted):
    """Lines about each difference between the document and what was emitted."""
    wanted = {(row.label, *each) for row in rows.values() for each in row.outcomes}
    for missing in sorted(wanted - set(emitted.producers), key=str):
        yield "nothing produced: row {} {} ({})".format(*missing)
    for extra in sorted(set(emitted.producers) - wanted, key=str):
        yield ("not in the table: row {} {} ({})".format(*extra)
               + f", by {sorted(emitted.producers[extra])[:3]}")
    for row in rows.values():
        if not row.outcomes and row.label != "53":
            yield f"row {row.label} names no reason"
    if not emitted.several or not emitted.twice:  # row 53
        yield "nothing produced: row 53 (several faults at once; one finding for each policy)"
    for row, names in ROWS_OF_DOMAINS.items():
        for name in names.split():
            if row not in emitted.rows[name + ".test"]:
                yield f"{name}.test: row {row} expected, not {sorted(emitted.rows[name + '.test'])}"
    yield from emitted.wrong_policy


def compare_real(emitted):
    """The user's reasons come from real software, but for those that are listed."""
    for reason in decisions.known_reasons()[:decisions.USERS_REASONS]:
        if bool(emitted.real[reason]) == (reason in ONLY_THE_FAULT_SERVER):
            yield (f"{reason}: listed for the fault server alone, and "
                   f"{sorted(emitted.real[reason])[:3]} are real" if emitted.real[reason]
                   else f"{reason}: no real server produced it")


def show(emitted):
    def rank(item):
        row = item[0][0]
        return row.startswith("B"), int("".join(filter(str.isdigit, row))), str(item[0])

    for (row, reason, kind), names in sorted(emitted.producers.items(), key=rank):
        print(f"{row:>4} {reason} ({kind or '-'}): {len(names)}, {', '.join(sorted(names)[:3])}")
    for reason in decisions.known_reasons()[:decisions.USERS_REASONS]:
        print(f"real, {reason}: {', '.join(sorted(emitted.real[reason])[:4]) or 'none'}")


def main(argv):
    program.need_lab()
    lab = table.load()
    domains = {domain.name: domain for domain in program.present(lab)}
    if len(domains) < len(lab.domains):
        return CANNOT_RUN  # without Exim there is nobody to take 3DES and RC4
    rows, emitted = decisions.load(), Emitted()
    for result in run_domains(domains.values()):
        emitted.take(result, domains[result["domain"]], lab)
    for result in run_options():
        emitted.take(result)
    if "-v" in argv:
        show(emitted)
    lines = list(compare(rows, emitted)) + list(compare_real(emitted))
    print(*lines, sep="\n", end="\n" if lines else "")
    print(f"{len(rows)} rows, {len(emitted.producers)} outcomes, {len(lines)} differences")
    return 1 if lines or len(rows) < 60 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
