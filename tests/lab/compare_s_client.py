#!/usr/bin/python3
"""Holds what --both-keys and `resumption` tell against openssl s_client.

    lab run -q -- compare_s_client.py

s_client makes the same sessions by itself: one offers RSA alone, one ECDSA alone, one everything.
The leaf that it is shown is the one that the program shows for that kind of key, and where its
handshake fails the program has none. Its account of tickets and session IDs is the program's.
"""
import hashlib
import re
import ssl
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, program  # noqa: E402
from labkit.cases import case, holds, same  # noqa: E402
from labkit.invoke import endpoints, lab_table, probe  # noqa: E402

# TLS 1.3 chooses a certificate by the signature algorithms, TLS 1.2 by the suite.
OFFERS = {
    "RSA": ("-sigalgs", "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384",
            "-cipher", "aRSA"),
    "EC": ("-sigalgs", "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512", "-cipher", "aECDSA"),
}
# With an answer to EHLO, tickets of TLS 1.3 have come: they are sent before it.
DIALOGUE = b"EHLO prober.test\r\nQUIT\r\n"
RESUMPTION = ("both-keys-good.test", "both-keys-stranger.test", "good-plain.test",
              "resumes-by-id.test", "resumes-not.test", "both-keys-exim.test")
OFFERED = {"ticket", "session-id", "none"}


def s_client(domain, *options):
    """What s_client says of the domain's first host; None where the handshake fails."""
    host = lab_table().hosts[domain.hosts()[0]]
    run = subprocess.run(["openssl", "s_client", "-starttls", "smtp", "-connect",
                          f"{host.addresses[0]}:25", "-servername", host.name, "-ign_eof",
                          *options], input=DIALOGUE, capture_output=True, timeout=60)
    out = run.stdout.decode("latin-1")
    return out if "-----BEGIN CERTIFICATE-----" in out else None


def leaf(out):
    """The digest of the leaf that was shown, or None."""
    if out is None:
        return None
    pem = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", out, re.S).group()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def shown(endpoint):
    """The digests of the leaves that the program was shown, by kind of key."""
    return {tls["chain"][0]["key"].split()[0]: tls["chain"][0]["sha256"]
            for tls in (endpoint["tls"], endpoint["other_tls"]) if tls}


@case()
def the_same_certificate_for_each_kind_of_key():
    domains = [d for d in program.present(lab_table())
               if "--both-keys" in d.options]
    holds("enough domains", len(domains) >= 6, len(domains))
    kinds = set()
    for domain in domains:
        endpoint = endpoints(probe(domain.name, "--both-keys"))[0]
        by_kind = shown(endpoint)
        for kind, offer in OFFERS.items():
            same(f"{domain.name}: {kind}", by_kind.get(kind), leaf(s_client(domain, *offer)))
        same(f"{domain.name}: both_keys", endpoint["both_keys"],
             "both" if len(by_kind) == 2 else "one")
        same(f"{domain.name}: the default offer", endpoint["tls"]["chain"][0]["sha256"],
             leaf(s_client(domain)))
        kinds.add(tuple(sorted(by_kind)))
    same("hosts of every kind", kinds, {("EC",), ("RSA",), ("EC", "RSA")})


def resumption(out):
    """What s_client's last word on the session says of it."""
    hint = re.findall(r"TLS session ticket lifetime hint: (\d+)", out)
    identity = re.findall(r"Session-ID: ([0-9A-F]*)", out)
    if hint:
        return {"offered": "ticket", "lifetime_s": int(hint[-1])}
    return {"offered": "session-id" if identity and identity[-1] else "none", "lifetime_s": None}


@case()
def the_same_account_of_resumption():
    domains = {d.name: d for d in program.present(lab_table())}
    told = set()
    for name in RESUMPTION:
        if name not in domains:
            continue
        tls = endpoints(probe(name))[0]["tls"]
        same(name, tls["resumption"], resumption(s_client(domains[name])))
        told.add((tls["protocol"], tls["resumption"]["offered"]))
    same("every answer", {offered for _, offered in told}, OFFERED)
    holds("tickets of both versions", {("TLSv1.2", "ticket"), ("TLSv1.3", "ticket")} <= told, told)


if __name__ == "__main__":
    program.need_lab()
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
