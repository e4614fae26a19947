#!/usr/bin/python3
"""What `mxprobe suggest` prints, published as if, makes `check` say what it promised.

    lab run -q -- check_suggest.py [WORD…]

The suggestion of every domain of the lab goes back through the what-if options, in mode testing as
it is and then in mode enforce. Digests of keys are held against openssl, the records against ldns.
"""
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, program  # noqa: E402
from labkit.cases import case, holds, same  # noqa: E402
from labkit.invoke import check, lab_table, mxprobe, pki  # noqa: E402

SCHEMA = HERE.parent.parent / "docs" / "suggest.schema.json"
LIMITS = ("--timeout", program.TIMEOUT_S, "--connect-timeout", program.CONNECT_TIMEOUT_S)
AT_A_TIME = 4


def suggest(*arguments):
    return mxprobe("suggest", "--ca-file", os.environ["LAB_CA"], *LIMITS, *arguments)


def suggestion(domain, *options, status=0):
    run = suggest("--format", "json", *options, domain)
    same(f"{domain}: status", (run.status, run.err), (status, ""))
    (made,) = run.results()
    return made


def is_slow(domain):
    return "silence" in domain.name or domain.section.startswith("Hostile")


@functools.cache
def suggestions():
    """{domain: its suggestion} of all that give one within a few seconds."""
    domains = [d for d in program.present(lab_table()) if not d.options and not is_slow(d)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        runs = list(pool.map(lambda d: suggest("--format", "json", d.name), domains))
    made = {}
    for domain, run in zip(domains, runs):
        same(f"{domain.name}: standard error", run.err, "")
        (made[domain.name],) = run.results()
        wanted = {"made": 0, "no-mail": 2, "unknown": 3}[made[domain.name]["outcome"]]
        same(f"{domain.name}: status", run.status, wanted)
    return made


def secured(made, host):
    """Would TLSA records of the host count?"""
    return not any(w["about"] == "tlsa" and w["mx"] == host and "DNSSEC" in w["text"] and
                   "addresses" in w["text"] for w in made["warnings"])


def publish(made, policy, mode=None):
    """The result of check, as if all of it were there."""
    options = ["--sts-record", made["mta_sts"]["record"]["text"],
               "--tlsrpt-record", made["tls_rpt"]["record"]["text"], "--sts-policy", policy]
    for host in made["tlsa"]:
        for record in host["records"] if secured(made, host["host"]) else ():
            options += ["--tlsa", f"{host['host']}:{record['text']}"]
    if mode:
        options += ["--sts-mode", mode]
    run = check("--format", "json", "--both-keys", *LIMITS, *options, made["domain"])
    (result,) = run.results()
    return result


def published(made, mode=None):
    with tempfile.NamedTemporaryFile("w") as policy:
        policy.write(made["mta_sts"]["policy"]["text"])
        policy.flush()
        return publish(made, policy.name, mode)


def made_with_policy():
    return [m for m in suggestions().values() if m["mta_sts"]]


@case()
def suggestions_fit_the_schema():
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for domain, made in suggestions().items():
        for error in validator.iter_errors(made):
            raise cases.Failed(f"{domain}: {error.json_path}: {error.message[:300]}")
    holds("suggestions with a policy", len(made_with_policy()) > 100, len(made_with_policy()))


def promised(made):
    """What is to be found when it is published and enforced, as check tells it and as promised."""
    result = published(made, "enforce")
    return ({"verdict": result["verdict"], "delivery": result["delivery"],
             "breaks": {(f["reason"], f["mx"]) for f in result["findings"]
                        if f["severity"] != "info" and f["reason"] != "mta_sts_connection_failure"}},
            {**made["enforced_now"],
             "breaks": {(w["reason"], w["mx"]) for w in made["warnings"] if w["reason"]}})


@case()
def published_in_mode_enforce_check_says_what_was_promised():
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for made, (got, wanted) in zip(made_with_policy(), pool.map(promised, made_with_policy())):
            if got != wanted:  # among all the others, on a busy machine, a host may have been late
                got, wanted = promised(suggestion(made["domain"]))
            same(f"{made['domain']}: enforced now", got, wanted)


@case()
def where_nothing_breaks_check_is_ok_in_mode_testing_and_then_in_mode_enforce():
    seen = 0
    for made in made_with_policy():
        of_hosts = [w for w in made["warnings"] if w["mx"] or w["reason"]]
        if of_hosts or not made["domain"].startswith("good-"):
            continue
        seen += 1
        for mode in (None, "enforce"):
            result = published(made, mode)
            same(f"{made['domain']} {mode or 'testing'}", result["verdict"], "ok")
            same("policy", result["mta_sts"]["policy"]["mode"], mode or "testing")
            same("delivery", set(result["delivery"].values()), {"tls"})
            same("DANE", {host["dane"]["status"] for host in result["hosts"]}, {"usable"})
            same("TLS-RPT", result["tls_rpt"]["status"], "valid")
    holds("several domains", seen >= 3, seen)


@case()
def the_file_and_the_record_are_valid_by_lint():
    for made in made_with_policy():
        for kind, text in (("sts-policy", made["mta_sts"]["policy"]["text"]),
                           ("sts-record", made["mta_sts"]["record"]["text"]),
                           ("tlsrpt-record", made["tls_rpt"]["record"]["text"])):
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(text)
                file.flush()
                same(f"{made['domain']}: {kind}", mxprobe("lint", kind, file.name).status, 0)


ZONE_LINE = re.compile(r"^(_\S+) IN (TXT|TLSA) (.+)$", re.M)


@case()
def the_text_has_the_same_file_and_records_to_be_copied():
    for domain in ("good-plain.test", "good-both.test", "both-keys-good.test", "dane-cname.test"):
        made, text = suggestion(domain), suggest(domain).out
        holds(f"{domain}: the file", "\n" + made["mta_sts"]["policy"]["text"] + "\n" in text, text)
        records = {(f"{made[key]['record']['name']}.", "TXT", f'"{made[key]["record"]["text"]}"')
                   for key in ("tls_rpt", "mta_sts")}
        records |= {(f"{host['name']}.", "TLSA", record["text"])
                    for host in made["tlsa"] for record in host["records"]}
        got = {(name, kind, re.sub("id=[0-9TZ]+", "id=", data))
               for name, kind, data in ZONE_LINE.findall(text)}
        same(domain, got, {(name, kind, re.sub("id=[0-9TZ]+", "id=", data))
                           for name, kind, data in records})
        zone_file(text)


def zone_file(text):
    """Are the records, with their comments, what a zone file takes? ldns reads them."""
    lines = [line for line in text.splitlines() if ZONE_LINE.match(line) or line.startswith(";")]
    soa = "test. 60 IN SOA ns.test. a.test. 1 60 60 60 60\n"
    run = subprocess.run(["ldns-read-zone", "/dev/stdin"], capture_output=True, text=True,
                         input=soa + "$TTL 60\n" + "\n".join(lines) + "\n")
    same("ldns-read-zone", (run.returncode, run.stderr), (0, ""))
    same("records", len(run.stdout.splitlines()), 1 + sum(not x.startswith(";") for x in lines))


def spki(path):
    """The digest of the first certificate's key, by openssl."""
    key = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-pubkey"], check=True,
                         capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()


@case()
def tlsa_records_are_of_the_live_keys():
    for domain, made in suggestions().items():
        if domain in ("good-plain.test", "good-dane.test", "expired-enforce.test"):
            (host,) = made["tlsa"]
            same(domain, [r["text"] for r in host["records"]],
                 [f"3 1 1 {spki(pki(host['host'] + '.crt'))}"])
            same("published", host["records"][0]["published"], domain == "good-dane.test")
            same("name", host["name"], f"_25._tcp.{host['host']}")
    (host,) = suggestion("both-keys-good.test")["tlsa"]
    same("one for each key", len({r["text"] for r in host["records"]}), 2)
    # RFC 7672 section 2.2.2: under the name that a secure alias leads to.
    (host,) = suggestions()["dane-cname.test"]["tlsa"]
    same("under an alias", (host["host"], host["name"]),
         ("alias.dane-cname.test", "_25._tcp.mx.dane-cname.test"))


@case()
def the_next_certificate_gets_a_record_beside_the_live_one():
    chain = pki("mx.good-sts.test.crt")
    (host,) = suggestion("good-plain.test", "--next-cert", chain)["tlsa"]
    same("keys", [r["key"] for r in host["records"]], ["live", "next"])
    same("the next", host["records"][1]["text"], f"3 1 1 {spki(chain)}")
    made = suggestion("good-plain.test", "--next-cert", chain)
    holds("it does not name the host", any("does not name" in w["text"] for w in made["warnings"]))
    # The same key again: nothing to add, nothing to say.
    made = suggestion("good-plain.test", "--next-cert", pki("mx.good-plain.test.crt"))
    same("the same key", [r["key"] for r in made["tlsa"][0]["records"]], ["live"])
    holds("no word of it", not any("next" in w["text"] for w in made["warnings"]))
    made = suggestion("good-plain.test", "--next-cert", pki("mx.expired.test.crt"))
    holds("it has ended", any("has ended" in w["text"] for w in made["warnings"]))


# Something of the warning's text or its reason, and what it is about.
WARNINGS = {
    "no-starttls.test": ("mta_sts_policy_upgrade", "mta_sts", "fail"),
    "expired-enforce.test": ("certificate_expired", "mta_sts", "fail"),
    "good-dane.test": ("untrusted_certificate", "mta_sts", "fail"),
    "mx-cname.test": ("mx_is_cname", "mx", "warning"),
    "mx-literal.test": ("mx_is_literal", "mx", "fail"),
    "in.insecure.test": ("not secured by DNSSEC", "tlsa", "warning"),
    "refused.test": ("connection_refused", "mx", "unknown"),
    "good-plain.test": ("mta-sts.good-plain.test does not exist", "mta_sts", "fail"),
    "policy-self-signed.test": ("self-signed certificate", "mta_sts", "fail"),
    "policy-wrong-host.test": ("does not name it", "mta_sts", "fail"),
    "policy-301.test": ("a redirect", "mta_sts", "fail"),
    "policy-refused.test": ("cannot be reached", "mta_sts", "fail"),
    "good-sts.test": ("mode enforce is in force", "mta_sts", "warning"),
    "sts-record-multiple.test": ("stand in the way", "mta_sts", "warning"),
    "null-mx.test": ("null_mx", "mx", "info"),
    "lame.test": ("dns_temporary_failure", "mx", "unknown"),
}


@case()
def each_thing_that_would_break_has_its_warning():
    for domain, (words, about, severity) in WARNINGS.items():
        made = suggestions()[domain]
        hits = [w for w in made["warnings"] if words in (w["reason"], w["text"])
                or words in w["text"]]
        holds(f"{domain}: {words}", hits, made["warnings"])
        same(domain, {(w["about"], w["severity"]) for w in hits}, {(about, severity)})
    # A policy that is not there yet is what is to be published: nothing breaks.
    holds("404", not any("policy-404" in w["text"] for w in
                         suggestions()["policy-404.test"]["warnings"]))


@case()
def what_must_hold_before_enforce_is_told_apart():
    def states(domain):
        return [condition["state"] for condition in suggestions()[domain]["before_enforce"]]

    same("ready", states("good-testing.test"), ["holds", "holds", "holds", "open", "open"])
    same("no policy yet", states("good-plain.test"), ["holds", "fails", "holds", "open", "open"])
    same("a bad certificate", states("expired-enforce.test")[0], "fails")
    same("nobody reached", states("refused.test")[0], "open")
    same("no reports", states("tls-rpt-absent.test")[2], "fails")


@case()
def a_domain_without_mail_gets_no_suggestion():
    for domain, status in (("null-mx.test", 2), ("no-such-domain.test", 2), ("lame.test", 3)):
        made = suggestion(domain, status=status)
        same(domain, (made["mta_sts"], made["tls_rpt"], made["tlsa"], made["enforced_now"]),
             (None, None, [], None))
        holds("and the reason", made["warnings"], made)


if __name__ == "__main__":
    program.need_lab()
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
