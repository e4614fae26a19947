#!/usr/bin/python3
"""Holds mxprobe's judgement of certificates against independent judges.

    lab run -q -- compare_judges.py [-v]

    openssl s_client   trusted, host_match and every verify error, of each MX host that speaks TLS
    openssl verify     the same chain as a file; of the policy hosts too
    certtool           the same, by GnuTLS
    ldns-dane          TLSA records and the chain against them

A condition is one kind of chain (with its staple, CRL and time), of an MX host or a policy host, or
one with its TLSA records; the first host that has it is judged. DISAGREEMENTS says where a judge
does otherwise and why ours is right. An unlisted one fails, and so does one that is no more.
posttls-finger has a test of its own (compare_posttls.py). danetool is no judge here: its resolver
answers for test. itself (RFC 6761 section 6.2), and cannot be told otherwise.
"""
import shutil
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import judges, program, table  # noqa: E402
from labkit.invoke import pki  # noqa: E402

CONDITIONS_LEAST = 60
CANNOT_RUN = 77  # what CTest takes for "skipped"
JUDGES = ("openssl s_client", "openssl verify", "certtool", "ldns-dane")

# (judge, condition): what the judge does, and why ours is right.
CN_COUNTS = ("accepts", "RFC 8461 section 4.2, and 3.3 for the policy host, want a DNS-ID among "
             "the subject alternative names; RFC 9525 section 2 has no CN-ID any more")
PARTIAL_COUNTS = ("accepts", "RFC 9525 section 6.3: an asterisk is the whole leftmost label")
DISAGREEMENTS = {
    ("openssl s_client", "mx: cn-only"): CN_COUNTS,
    ("openssl verify", "mx: cn-only"): CN_COUNTS,
    ("certtool", "mx: cn-only"): CN_COUNTS,
    ("openssl verify", "policy host: cn-only"): CN_COUNTS,
    ("certtool", "policy host: cn-only"): CN_COUNTS,
    ("openssl s_client", "mx: partial-wildcard"): PARTIAL_COUNTS,
    ("openssl verify", "mx: partial-wildcard"): PARTIAL_COUNTS,
    ("certtool", "mx: strangers"): (
        "rejects", "RFC 8446 section 4.4.2: be prepared for extraneous certificates and any order"),
    ("certtool", "mx: chain-200"): (
        "accepts", "RFC 5280 section 6.1 sets no length, so a sender's limit is its own: we have "
        "that of OpenSSL, a hundred, as the senders built on it (row 45, CERT_CHAIN_TOO_LONG)"),
    ("ldns-dane", "dane: expired-wrong-host, 3 1 1 leaf"): (
        "name", "RFC 7672 section 3.1.1: neither names nor dates count for DANE-EE"),
    ("ldns-dane", "dane: missing-intermediate, 2 0 0 issuer"): (
        "no-match", "RFC 7671 section 5.2.2: a digest needs the anchor in the chain, the whole "
        "certificate in the record is the anchor"),
    ("ldns-dane", "dane: good, 0 0 1 issuer, 1 1 1 leaf, 3 1 1 short"): (
        "validated", "RFC 7672 section 3.1.3: usages 0 and 1 are unusable with SMTP"),
    ("ldns-dane", "dane: bogus, bogus-address.test"): (
        "none", "RFC 7672 section 2.1.2: where the addresses are bogus the host is not to be used; "
        "given the chain, ldns-dane asks for no address"),
}

# What of mxprobe's options a judge has to be given too.
TRUST_OPTIONS = ("--at", "--crl-file")
DANE_WORDS = {"70": "no-match", "71": "name", "72": "expired", "B7": "other"}


@dataclass(frozen=True)
class Subject:
    """A host to be judged, with what mxprobe says of it."""
    condition: str
    name: str
    conditions: judges.Conditions = None
    sni: str = None
    address: str = None   # None: only the file can be judged
    staple: bool = False  # only a connection shows it
    good: bool = None     # trusted, and for that name
    errors: frozenset = None
    dane: str = None      # a word of judges.ldns_dane


def trust_options(domain):
    return [word for option, value in zip(domain.options, domain.options[1:])
            for word in (option, value) if option in TRUST_OPTIONS]


def host_of(lab, name):
    host = lab.hosts.get(name)
    return lab.hosts.get(host.cname) if host and host.cname else host


def label(kind, *parts):
    return f"{kind}: " + ", ".join(part for part in parts if part)


def mail_subjects(domain, result, lab):
    """Of each MX host that spoke TLS: its chain against the WebPKI."""
    options = trust_options(domain)
    for host in result["hosts"]:
        known = host_of(lab, host["host"])
        endpoint = next((e for e in host["endpoints"] if e["tls"]), None)
        if not known or not endpoint:
            continue
        tls = endpoint["tls"]
        what = label("mx", known.certificate, "alias" if known.name != host["host"] else "",
                     *(name for name in known.names if name.startswith("*")),
                     f"staple {known.staple}" if known.staple else "", *options)
        errors = frozenset((e["code"], e["depth"]) for e in tls["verify_errors"])
        yield Subject(what, host["host"], judges.Conditions.of(options), tls["sni"], endpoint["ip"],
                      bool(known.staple), tls["trusted"] and tls["host_match"], errors)


def policy_subjects(domain, result, _):
    """The policy host, where a certificate was seen: before that nothing is judged."""
    policy = result["mta_sts"]["policy"]
    if not domain.policy or not (policy["http_status"] or policy["status"] == "webpki-invalid"):
        return
    options = trust_options(domain)
    yield Subject(label("policy host", domain.policy.certificate, *options),
                  "mta-sts." + domain.name, judges.Conditions.of(options),
                  good=policy["status"] != "webpki-invalid")


def dane_subjects(domain, result, lab):
    """Of each MX host whose TLSA status could be told: that, or what came of the records."""
    for host in result["hosts"]:
        known, status = host_of(lab, host["host"]), host["dane"]["status"]
        word = dane_word(host, result["findings"])
        if not known or not word or not Path(pki(known.name + ".crt")).exists():
            continue
        if status in ("usable", "unusable"):
            what = label("dane", known.certificate, *known.tlsa)
        else:  # the chain does not matter; what failed is a fault of its own in each domain
            what = label("dane", status, domain.name if word == "failed" else "")
        yield Subject(what, known.name, dane=word)


def dane_word(host, findings):
    """mxprobe's judgement in the words of judges.ldns_dane, or "unusable", or None."""
    status = host["dane"]["status"]
    if status == "usable" and any(e["tls"] for e in host["endpoints"]):
        rows = {f["row"] for f in findings
                if f["mx"] == host["host"] and f["policy_type"] == "tlsa"}
        return next((DANE_WORDS[row] for row in sorted(rows) if row in DANE_WORDS), "validated")
    return {"absent": "none", "insecure": "none", "bogus": "failed", "error": "failed",
            "unusable": "unusable"}.get(status)


# --- asking -----------------------------------------------------------------------------------

def opinions(subject):
    """(judge, what it says against mxprobe or None, its words) of every judge that can tell."""
    if subject.dane:
        word, said = judges.ldns_dane(subject.name, pki(subject.name + ".crt"))
        yield "ldns-dane", None if word == subject.dane else word, said
        return
    if subject.address:
        told = judges.s_client(subject.name, subject.sni, subject.address, subject.conditions)
        missed = told.errors ^ subject.errors
        yield "openssl s_client", against(subject, told, missed), told.said
    chain = chain_file(subject)
    if not chain or subject.staple:
        return
    # This one ends at the first of some errors: what it tells must be among ours.
    told = judges.openssl_verify(subject.name, chain, subject.conditions)
    missed = set() if subject.errors is None else told.errors - subject.errors
    yield "openssl verify", against(subject, told, missed), told.said
    told = judges.certtool(subject.name, chain, subject.conditions)
    if told:
        yield "certtool", against(subject, told, set()), told.said


def chain_file(subject):
    for name in (subject.sni, subject.name):
        if name and Path(pki(name + ".crt")).exists():
            return pki(name + ".crt")
    return None


def against(subject, told, missed):
    """None where they agree, else "accepts" or "rejects", or the errors that are not shared."""
    if told.good != subject.good:
        return "accepts" if told.good else "rejects"
    return " ".join(f"{code}@{depth}" for code, depth in sorted(missed)) or None


def collect(domains, lab):
    """The subjects, one for each condition."""
    groups, found = defaultdict(list), {}
    for domain in domains:
        groups[tuple(domain.options)].append(domain)
    for options, group in groups.items():
        objects, status, err = program.results([d.text or d.name for d in group], options)
        if len(objects) != len(group):
            sys.exit(f"{len(objects)} answers for {len(group)} domains, status {status}\n"
                     + err[-2000:])
        for domain in group:
            for make in (mail_subjects, policy_subjects, dane_subjects):
                for subject in make(domain, objects[domain.name], lab):
                    found.setdefault(subject.condition, subject)
    return list(found.values())


def differences(subjects, told, verbose):
    """Lines about what is not as it is listed."""
    judged = set()
    for subject, answers in zip(subjects, told):
        for judge, other, said in answers:
            judged.add((judge, subject.condition))
            wanted, why = DISAGREEMENTS.get((judge, subject.condition), (None, ""))
            if verbose:
                print(f"{judge:16} {other or 'agrees':9} {subject.condition}{why and ': '}{why}")
            if other != wanted:
                yield (f"{judge}, {subject.condition} ({subject.name}): {other or 'agrees'}, "
                       f"listed: {wanted or 'agrees'}; mxprobe: {subject.dane or subject.good} "
                       f"{sorted(subject.errors or ())}\n    "
                       + "\n    ".join(said.strip().splitlines()[-12:]))
    for judge, condition in sorted(set(DISAGREEMENTS) - judged):
        yield f"{judge}, {condition}: listed, and not judged"


def main(argv):
    program.need_lab()
    lacking = [tool for tool in ("certtool", "ldns-dane", "openssl") if not shutil.which(tool)]
    if lacking:
        print("cannot run here: no", ", ".join(lacking))
        return CANNOT_RUN
    lab = table.load()
    subjects = collect(program.present(lab), lab)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda subject: list(opinions(subject)), subjects))
    lines = list(differences(subjects, told, "-v" in argv))
    asked = Counter(judge for answers in told for judge, _, _ in answers)
    conditions = sum(1 for answers in told if answers)
    print(*lines, f"{conditions} conditions: " + ", ".join(f"{asked[j]} by {j}" for j in JUDGES)
          + f"; {len(DISAGREEMENTS)} known disagreements, {len(lines)} differences", sep="\n")
    return 1 if lines or conditions < CONDITIONS_LEAST or not all(asked[j] for j in JUDGES) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
