"""The what-if options: each replaces what the network would say, and every format tells so."""
import hashlib
import os
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..cases import case, holds, same
from ..invoke import address_of, check, endpoints, finding, pki, probe, reasons
from ..listeners import MailServer, PolicyServer

ELSEWHERE, ELSEWHERE6 = "127.8.0.2", "fd6d:7870::1"


def spki_sha256(host):
    """What a 3 1 1 record of the host's certificate holds."""
    with open(pki(host + ".crt"), "rb") as file:
        key = x509.load_pem_x509_certificate(file.read()).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER,
                                           PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def policy_file(*mx, mode="enforce"):
    """Its path; the lab's directory goes with the lab."""
    fd, path = tempfile.mkstemp(dir=os.environ["LAB_DIR"], suffix=".txt")
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {name}" for name in mx), "max_age: 604800"]
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return path


def delivery(result):
    return " ".join(result["delivery"][sender] for sender in ("opportunistic", "mta_sts", "dane"))


@case("--mx")
def mx_replaces_the_mx_records():
    result = probe("expired.test", "--mx", "mx.good-sts.test")
    same("hosts", [host["host"] for host in result["hosts"]], ["mx.good-sts.test"])
    same("security", result["mx"]["dnssec"], "secure")
    same("verdict", (probe("expired.test")["verdict"], result["verdict"]), ("warning", "ok"))
    same("told", result["what_if"], ["mx=mx.good-sts.test"])
    two = probe("no-such-domain.test", "--mx", "mx.good-sts.test:20", "--mx",
                "mx.good-plain.test:5")
    same("preferences", {r["host"]: r["preference"] for r in two["mx"]["records"]},
         {"mx.good-sts.test": 20, "mx.good-plain.test": 5})
    same("of a domain that does not exist yet", (two["mx"]["status"], two["verdict"]),
         ("found", "ok"))


@case("--mx")
def mx_that_is_a_literal_is_told_of():
    for given, host in (("127.2.9.9", "127.2.9.9"), ("[fd6d:7870::1]:7", "fd6d:7870::1")):
        found = finding(probe("good-plain.test", "--mx", given), "mx_is_literal")
        holds(given, found and found["mx"] == host, found)


@case("--resolve")
def resolve_replaces_the_addresses_of_a_mail_host():
    host = "mx.good-sts.test"
    with MailServer(host, ELSEWHERE) as v4, MailServer(host, ELSEWHERE6) as v6:
        for text in (f"{ELSEWHERE},{ELSEWHERE6}", f"{ELSEWHERE},[{ELSEWHERE6}]"):
            result = probe("good-sts.test", "--resolve", f"{host}:{text}")
            same(text, {e["ip"] for e in endpoints(result)}, {ELSEWHERE, ELSEWHERE6})
            same("verdict", result["verdict"], "ok")
            same("told", result["what_if"], [f"resolve={host}:{text}"])
        same("sessions", (len(v4.peers), len(v6.peers)), (2, 2))


@case("--resolve")
def resolve_replaces_the_addresses_of_the_policy_host():
    policy = "version: STSv1\nmode: testing\nmx: mx.good-sts.test\nmax_age: 86400\n"
    with PolicyServer("good-sts.test", ELSEWHERE, 443, policy) as server:
        result = probe("good-sts.test", "--resolve", f"mta-sts.good-sts.test:{ELSEWHERE}")
        same("fetches", len(server.requests), 1)
    same("mode", result["mta_sts"]["policy"]["mode"], "testing")
    gone = probe("policy-host-missing.test", "--resolve",
                 f"mta-sts.policy-host-missing.test:{ELSEWHERE}")
    same("nobody there", finding(gone, "mta_sts_policy_fetch_error")["result_type"],
         "sts-policy-fetch-error")


@case("--sts-record")
def sts_record_replaces_the_record():
    published = probe("good-sts.test", "--sts-record", "v=STSv1; id=next1;")
    same("record", (published["mta_sts"]["record"]["id"], published["verdict"]), ("next1", "ok"))
    broken = probe("good-sts.test", "--sts-record", "v=STSv1; id=next-1;")
    same("a broken one", broken["mta_sts"]["record"]["status"], "invalid")
    same("finding", finding(broken, "mta_sts_policy_invalid")["severity"], "fail")
    early = probe("good-plain.test", "--sts-record", "v=STSv1; id=1;")
    same("before there is a policy", finding(early, "mta_sts_policy_not_found")["severity"], "fail")
    same("told", early["what_if"], ["sts-record=v=STSv1; id=1;"])


@case("--sts-policy")
def sts_policy_replaces_the_fetch_and_implies_a_record():
    fits, other = policy_file("mx.good-plain.test"), policy_file("mx.elsewhere.test")
    result = probe("good-plain.test", "--sts-policy", fits)
    same("record and policy", (result["mta_sts"]["record"]["status"],
                               result["mta_sts"]["policy"]["status"],
                               result["mta_sts"]["policy"]["mode"]), ("valid", "valid", "enforce"))
    same("match", result["hosts"][0]["sts_match"], "mx.good-plain.test")
    same("what it gains", finding(result, "no_downgrade_protection"), None)
    same("told", result["what_if"], [f"sts-policy={fits}"])
    result = probe("good-plain.test", "--sts-policy", other)
    same("another host's", delivery(result), "tls defer tls")
    holds("why", ("fail", "mta_sts_invalid_hostname") in reasons(result), reasons(result))
    given = probe("good-plain.test", "--sts-policy", fits, "--sts-record", "v=STSv1; id=mine;")
    same("a record of one's own", given["mta_sts"]["record"]["id"], "mine")


@case("--sts-mode")
def sts_mode_replaces_the_mode_of_the_policy():
    for domain, mode, wanted in (
            ("expired-testing.test", "enforce", "tls defer tls"),
            ("expired-testing.test", "testing", "tls unauthenticated-tls tls"),
            ("expired-testing.test", "none", "tls tls tls"),
            ("expired-enforce.test", "testing", "tls unauthenticated-tls tls"),
            ("expired-enforce.test", "none", "tls tls tls"),
            ("no-starttls-testing.test", "enforce", "cleartext defer cleartext"),
            ("good-none.test", "enforce", "tls tls tls")):
        result = probe(domain, "--sts-mode", mode)
        same(f"{domain} {mode}", (delivery(result), result["mta_sts"]["policy"]["mode"]),
             (wanted, mode))
        same("told", result["what_if"], [f"sts-mode={mode}"])
    same("none is not in force", probe("expired-enforce.test", "--sts-mode", "none")["verdict"],
         "warning")


@case("--sts-mode")
def sts_mode_without_a_policy_says_that_it_is_unused():
    for domain in ("good-plain.test", "policy-404.test", "sts-record-invalid.test"):
        found = finding(probe(domain, "--sts-mode", "enforce"), "what_if_unused")
        holds(domain, found and found["severity"] == "warning", found)
    used = probe("good-plain.test", "--sts-mode", "testing", "--sts-policy",
                 policy_file("mx.good-plain.test"))
    same("a policy that is supplied", finding(used, "what_if_unused"), None)
    same("its mode", used["mta_sts"]["policy"]["mode"], "testing")


@case("--tlsa")
def tlsa_replaces_the_tlsa_records_of_a_host():
    host = "mx.good-plain.test"
    current, stale = spki_sha256(host), "ab" * 32
    without = probe("good-plain.test")
    fits = probe("good-plain.test", "--tlsa", f"{host}:3 1 1 {current}")
    wrong = probe("good-plain.test", "--tlsa", f"{host}:3 1 1 {stale}")
    same("without", without["hosts"][0]["dane"]["status"], "absent")
    same("one that fits", (fits["hosts"][0]["dane"], delivery(fits), fits["verdict"]),
         ({"status": "usable", "records": [f"3 1 1 {current}"]}, "tls tls tls", "ok"))
    same("one that does not", (delivery(wrong), finding(wrong, "dane_no_match")["severity"]),
         ("tls tls defer", "fail"))
    both = probe("good-plain.test", "--tlsa", f"{host}:3 1 1 {stale}", "--tlsa",
                 f"{host}:3 1 1 {current}")
    same("a rollover: both", (len(both["hosts"][0]["dane"]["records"]), both["verdict"]), (2, "ok"))
    same("told", fits["what_if"], [f"tlsa={host}:3 1 1 {current}"])


@case("--tlsa", "--mx", "--resolve")
def supplied_records_count_as_secure_all_together():
    # An unsigned zone: nothing that is supplied for it has a signature, and all of it is believed.
    host, domain = "mx.in.insecure.test", "in.insecure.test"
    tlsa = ("--tlsa", f"{host}:3 1 1 {spki_sha256(host)}")
    options = ("--mx", f"{host}:10", "--resolve", f"{host}:{address_of(host)}", *tlsa)
    result = probe(domain, *options)
    same("as published", probe(domain)["hosts"][0]["dane"]["status"], "insecure")
    same("supplied", (result["mx"]["dnssec"], result["hosts"][0]["dane"]["status"],
                      delivery(result)), ("secure", "usable", "tls tls tls"))
    same("told, in the order given", result["what_if"],
         [f"mx={host}:10", f"resolve={host}:{address_of(host)}", f"tlsa={tlsa[1]}"])


@case("--tlsrpt-record")
def tlsrpt_record_replaces_the_record():
    same("absent", probe("tls-rpt-absent.test")["tls_rpt"]["status"], "absent")
    good = probe("tls-rpt-absent.test", "--tlsrpt-record", "v=TLSRPTv1; rua=mailto:r@example.test")
    same("a good one", (good["tls_rpt"]["status"], good["tls_rpt"]["rua"]),
         ("valid", ["mailto:r@example.test"]))
    same("finding", finding(good, "tls_rpt_absent"), None)
    bad = probe("good-sts.test", "--tlsrpt-record", "v=TLSRPTv1; rua=r@example.test")
    same("one without a scheme", (bad["tls_rpt"]["status"],
                                  finding(bad, "tls_rpt_invalid")["severity"]),
         ("invalid", "warning"))


@case("--mx", "--sts-policy", "--sts-mode", "--tlsa", "--tlsrpt-record", "--sts-record")
def a_whole_domain_can_be_tried_before_anything_is_published():
    host = "mx.good-sts.test"
    options = ("--tlsrpt-record", "v=TLSRPTv1; rua=https://example.test/r", "--mx", f"{host}:10",
               "--sts-policy", policy_file("*.good-sts.test"), "--sts-record", "v=STSv1; id=a1;",
               "--sts-mode", "enforce", "--tlsa", f"{host}:3 1 1 {spki_sha256(host)}")
    result = probe("no-such-domain.test", *options)
    same("verdict and findings", (result["verdict"], result["findings"]), ("ok", []))
    same("delivery", delivery(result), "tls tls tls")
    same("told, in the order given", result["what_if"],
         [f"{name[2:]}={text}" for name, text in zip(options[::2], options[1::2])])


@case("--mx", "--sts-mode")
def what_if_is_told_in_every_format():
    options = ("--mx", "mx.good-sts.test:5", "--sts-mode", "testing")
    for form in ("text", "json", "nagios"):
        plain = check("--format", form, "good-sts.test").out
        run = check("--format", form, *options, "good-sts.test")
        for told in ("mx=mx.good-sts.test:5", "sts-mode=testing"):
            holds(f"{form} tells", told in run.out, run.out)
            holds(f"{form} tells nothing otherwise", told not in plain, plain)
    same("json without", probe("good-sts.test")["what_if"], [])


@case("--mx", "--sts-record", "--sts-policy", "--sts-mode", "--tlsa", "--tlsrpt-record",
      "--resolve")
def what_if_about_a_domain_needs_exactly_one():
    for options in (("--mx", "mx.good-sts.test"), ("--sts-record", "v=STSv1; id=1;"),
                    ("--sts-policy", policy_file("mx.good-sts.test")), ("--sts-mode", "none"),
                    ("--tlsa", "mx.good-sts.test:3 1 1 " + "ab" * 32),
                    ("--tlsrpt-record", "v=TLSRPTv1; rua=mailto:r@example.test")):
        run = check(*options, "good-sts.test", "good-plain.test")
        same(options[0], run.status, 64)
        holds("it says so", run.err.startswith("mxprobe: "), run.err)
    same("--resolve is about hosts", check("--resolve", "mx.refused.test:127.8.0.3",
                                           "good-sts.test", "good-plain.test").status, 0)


@case("--mx", "--resolve", "--tlsa", "--sts-mode")
def what_if_that_cannot_be_read_is_refused():
    for options in (("--mx", "a b"), ("--mx", "mx.good-sts.test:70000"), ("--resolve", "mx.a.test"),
                    ("--resolve", "mx.a.test:300.1.1.1"), ("--tlsa", "mx.a.test:3 1 1 xyz"),
                    ("--tlsa", "mx.a.test"), ("--sts-mode", "Enforce")):
        same(options, check(*options, "good-sts.test").status, 64)
