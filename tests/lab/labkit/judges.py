"""Other people's programs, asked what they make of a host's certificate.

Each function returns what its program says in the words of Opinion, and nothing of our own goes
into it but names, addresses and the lab's files.
"""
import os
import re
import subprocess
import time
from dataclasses import dataclass, field

from .invoke import pki

DAY_S = 86400
REVOKED = 23  # X509_V_ERR_CERT_REVOKED
HOSTNAME_MISMATCH = 62
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"  # id-kp-serverAuth, RFC 5280 section 4.2.1.12
RUN_WITHIN_S = 60


@dataclass
class Opinion:
    good: bool                               # trusted, and for that name
    errors: set = field(default_factory=set)  # OpenSSL's (code, depth), where they are told
    said: str = ""


@dataclass
class Conditions:
    """What beside the chain decides: a time in days from now, a CRL."""
    days: int = 0
    crl: bool = False

    @classmethod
    def of(cls, options):
        words = dict(zip(options, options[1:]))
        at = re.fullmatch(r"\+(\d+)d", words.get("--at", "+0d"))
        return cls(int(at[1]), "--crl-file" in options)

    def anchors(self):
        """OpenSSL takes CRLs from the file of the anchors, too; -CRL takes but one."""
        path = pki("ca-and-crls.pem")
        if not self.crl:
            return os.environ["LAB_CA"]
        with open(path, "w", encoding="ascii") as out:
            for part in ("ca.pem", "crl.pem"):
                with open(pki(part), encoding="ascii") as file:
                    out.write(file.read())
        return path

    def for_openssl(self):
        at = ["-attime", str(int(time.time()) + self.days * DAY_S)] if self.days else []
        return ["-CAfile", self.anchors(), "-no-CApath", "-no-CAstore", *at,
                *(["-crl_check_all"] if self.crl else [])]


def run(*command):
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=RUN_WITHIN_S, env=dict(os.environ, LC_ALL="C", TZ="UTC"))
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def need(said, sign):
    """A judge that did not get as far as a judgement is no judge: not even one that rejects."""
    if not re.search(sign, said):
        raise RuntimeError("no judgement in: " + said[-1000:])


def s_client(name, sni, address, conditions):
    """OpenSSL's client, with the host itself: every error of the chain, and the stapled OCSP."""
    where = f"[{address}]:25" if ":" in address else f"{address}:25"
    _, said = run("openssl", "s_client", "-connect", where, "-starttls", "smtp", "-name",
                  "prober.test", "-servername", sni, "-verify_hostname", name, "-status",
                  *conditions.for_openssl())
    errors, depth = set(), 0
    for line in said.splitlines():
        if found := re.match(r"depth=(\d+)", line):
            depth = int(found[1])
        elif found := re.match(r"verify error:num=(\d+)", line):
            errors.add((int(found[1]), depth))
    if re.search(r"Cert Status: revoked", said):
        errors.add((REVOKED, 0))
    need(said, "Verif(ication|ication error|y return code): ")
    return Opinion(not errors, errors, said)


def openssl_verify(name, chain, conditions):
    """OpenSSL's `verify`, of a file, at the security level of TLS."""
    status, said = run("openssl", "verify", *conditions.for_openssl(), "-untrusted", chain,
                       "-purpose", "sslserver", "-auth_level", "2", "-verify_hostname", name,
                       chain)
    need(said, ": OK|verification failed")
    errors = {(int(code), int(depth))
              for code, depth in re.findall(r"error (\d+) at (\d+) depth lookup", said)}
    return Opinion(status == 0, errors, said)


def certtool(name, chain, conditions):
    """GnuTLS, which shares no line with OpenSSL. None where it cannot tell: it has no clock but the
    system's, and prints names before it judges, which fails for want of one."""
    if conditions.days:
        return None
    crl = ("--load-crl", pki("crl.pem")) if conditions.crl else ()
    status, said = run("certtool", "--verify", "--verify-profile", "medium", "--verify-purpose",
                       SERVER_AUTH, "--load-ca-certificate", os.environ["LAB_CA"],
                       "--verify-hostname", name, *crl, "--infile", chain)
    if "get_issuer_dn: The requested data were not available" in said:
        return None
    need(said, "Chain verification output: ")
    return Opinion(status == 0, said=said)


def ldns_dane(name, chain):
    """NLnet Labs' ldns-dane, with the lab's resolver and the host's chain (it knows no STARTTLS).

    Returns one word: validated, no-match, name, expired, none (no secure TLSA), failed (no answer
    that could be trusted), or other; and what it said.
    """
    _, said = run("ldns-dane", "-c", chain, "-f", os.environ["LAB_CA"], "verify", name, "25")
    for word, sign in (("none", "No TLSA records for|but were insecure"),
                       ("validated", "dane-validated successfully"),
                       ("no-match", "because: no matching DANE TLSA records"),
                       ("name", "because: hostname mismatch"),
                       ("expired", "because: certificate has expired"),
                       ("failed", "records were bogus")):
        if re.search(sign, said):
            return word, said
    return "other", said
