#!/usr/bin/python3
"""Replays reports about servers of the lab: what is still so, what was mended, what is another
fault now, and what cannot be looked at.

    lab run -q -- check_report.py [WORD…]

The reports are made here, in the words of each sender as VOCABULARY.md has them ("How senders
differ"); what a domain of the lab suffers from is the lab's table's business.
"""
import contextlib
import json
import os
import re
import sys
import tempfile
import threading
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, program  # noqa: E402
from labkit.cases import case, holds, same  # noqa: E402
from labkit.invoke import address_of, lab_table, mxprobe  # noqa: E402

SCHEMA = json.loads((HERE.parent.parent / "docs" / "report.schema.json").read_text("utf-8"))
OPTIONS = ("--ca-file", os.environ.get("LAB_CA", ""), "--timeout", program.TIMEOUT_S,
           "--connect-timeout", program.CONNECT_TIMEOUT_S)
YESTERDAY = ("2020-01-01T00:00:00Z", "2020-01-01T23:59:59Z")  # before any certificate of the lab
LATER = ("2100-01-01T00:00:00Z", "2100-01-01T23:59:59Z")      # after each was made

POSTFIX = {"report-id": "2020-01-01T00:00:00Z_idx1_x", "organization-name": "mail.example.org"}
EXIM = {"report-id": "2020-01-01T00:00:00Z_idx1_x", "organization-name": "relay.example.com"}
MOX = {"report-id": "20200101.x@mail.example.org", "organization-name": "example.org"}
STALWART = {"report-id": "18_1577836800", "organization-name": "mail.example.com"}
MICROSOFT = {"report-id": "1+x", "organization-name": "Microsoft Corporation"}
GOOGLE = {"report-id": "2020-01-01T00:00:00Z_x", "organization-name": "Google Inc."}
NOBODY = {"report-id": "1", "organization-name": "Company-X"}


def policy_of(domain, mode="enforce", mx=None):
    return {"policy-type": "sts", "policy-domain": domain, "policy-string":
            ["version: STSv1", f"mode: {mode}", f"mx: {mx or 'mx.' + domain}", "max_age: 604800"]}


def tlsa_of(domain, record="3 1 1 " + "ab" * 32):
    return {"policy-type": "tlsa", "policy-domain": domain, "policy-string": [record]}


def failure(result_type, mx=None, ip=None, code=None, sender=None, count=1):
    members = {"result-type": result_type, "receiving-mx-hostname": mx, "receiving-ip": ip,
               "failure-reason-code": code, "sending-mta-ip": sender,
               "failed-session-count": count}
    return {key: value for key, value in members.items() if value is not None}


def report(policy, *failures, by=NOBODY, time=YESTERDAY):
    return dict(by, **{
        "date-range": {"start-datetime": time[0], "end-datetime": time[1]},
        "contact-info": "tlsrpt@example.org",
        "policies": [{"policy": policy, "failure-details": failures, "summary": {
            "total-successful-session-count": 0, "total-failure-session-count":
                sum(each["failed-session-count"] for each in failures)}}]})


def replay(*reports, options=("--allow-private",), status=None):
    """The failures of all reports, with their replays."""
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for number, each in enumerate(reports):
            paths.append(os.path.join(directory, f"{number}.json"))
            Path(paths[-1]).write_text(json.dumps(each))
        run = mxprobe("report", "--replay", "--format", "json", *OPTIONS, *options, *paths)
    same("standard error", run.err, "")
    result = json.loads(run.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(result)
    if status is not None:
        same("exit status", run.status, status)
    return [each for one in result["reports"] for policy in one["policies"]
            for each in policy["failures"]]


def outcome(what, found, wanted, *words):
    """One failure's replay is `wanted`, and its detail has the words."""
    same(f"{what}: outcome ({found['replay']['detail']})", found["replay"]["outcome"], wanted)
    for word in words:
        holds(f"{what}: the detail says {word!r}", word in found["replay"]["detail"],
              found["replay"]["detail"])


def one(what, each, wanted, *words, **how):
    found, = replay(each, **how)
    outcome(what, found, wanted, *words)


def at(domain, host=None):
    """The MX host of a domain and its address."""
    name = host or "mx." + domain
    return name, address_of(name)


# --- the four outcomes ---------------------------------------------------------------------------

@case("--replay")
def a_failing_server_is_reproduced():
    one("expired", report(policy_of("expired-enforce.test", mx="mx.expired.test"),
                          failure("certificate-expired", *at("", "mx.expired.test")), time=LATER),
        "reproduced", "certificate_expired at mx.expired.test", status=2)


@case("--replay")
def a_renewed_certificate_is_not_reproduced():
    one("renewed", report(policy_of("good-sts.test"),
                          failure("certificate-expired", *at("good-sts.test"))),
        "not-reproduced", "Renewed since", "mx.good-sts.test", status=0)


@case("--replay")
def a_certificate_from_before_was_not_renewed_since():
    found, = replay(report(policy_of("good-sts.test"),
                           failure("certificate-expired", *at("good-sts.test")), time=LATER))
    outcome("older", found, "not-reproduced")
    holds("it does not say so", "Renewed" not in found["replay"]["detail"], found["replay"])


@case("--replay")
def another_fault_is_different():
    one("no STARTTLS now", report(policy_of("no-starttls-enforce.test", mx="mx.no-starttls.test"),
                                  failure("certificate-expired", *at("", "mx.no-starttls.test"))),
        "different", "mta_sts_policy_upgrade", status=2)


@case("--replay")
def an_address_that_is_gone_is_untestable():
    for name in ("refused", "unreachable", "lost"):
        host = at("", f"mx.{name}.test")
        one(name, report({"policy-type": "no-policy-found", "policy-domain": f"{name}.test"},
                         failure("certificate-expired", *host)), "untestable",
            "the address is gone", host[1], status=3)


@case("--replay")
def a_server_that_puts_us_off_is_untestable():
    one("throttled", report({"policy-type": "no-policy-found", "policy-domain": "banner-450.test"},
                            failure("certificate-expired", *at("banner-450.test"))),
        "untestable", "throttled", status=3)


@case("--replay", "--allow-private")
def special_use_addresses_are_refused_unless_allowed():
    one("loopback", report(policy_of("good-sts.test"),
                           failure("certificate-expired", *at("good-sts.test"))),
        "untestable", "--allow-private", options=(), status=3)


@case("--replay")
def the_worst_outcome_decides_the_status():
    gone = report({"policy-type": "no-policy-found", "policy-domain": "refused.test"},
                  failure("certificate-expired", *at("refused.test")))
    mended = report(policy_of("good-sts.test"), failure("certificate-expired",
                                                        *at("good-sts.test")))
    broken = report(policy_of("expired-enforce.test", mx="mx.expired.test"),
                    failure("certificate-expired", *at("", "mx.expired.test")))
    replay(mended, mended, status=0)
    replay(mended, gone, status=3)
    replay(mended, gone, broken, status=2)


# --- what has changed ----------------------------------------------------------------------------

@case("--replay")
def another_policy_is_told():
    one("mode", report(policy_of("good-sts.test", mode="testing"),
                       failure("certificate-expired", *at("good-sts.test"))),
        "not-reproduced", "Changed since: the policy is of mode enforce, and was of mode testing")
    one("patterns", report(policy_of("good-sts.test", mx="old.good-sts.test"),
                           failure("validation-failure", *at("good-sts.test")), by=GOOGLE),
        "not-reproduced", "Changed since: the policy names other mx patterns",
        "Under the policy of the report it still would be")
    one("no policy", report(policy_of("good-plain.test"),
                            failure("certificate-expired", *at("good-plain.test"))),
        "not-reproduced", "Changed since: there is no MTA-STS record")


@case("--replay")
def other_tlsa_records_are_told():
    one("rolled over", report(tlsa_of("good-dane.test"),
                              failure("certificate-not-trusted", *at("good-dane.test")),
                              by=POSTFIX),
        "not-reproduced", "Changed since: the TLSA records are others")
    one("withdrawn", report(tlsa_of("good-sts.test"),
                            failure("certificate-not-trusted", *at("good-sts.test")), by=POSTFIX),
        "not-reproduced", "there is no TLSA record that counts any more")


@case("--replay")
def a_host_that_is_no_longer_an_mx_is_probed_where_it_was():
    one("moved away", report(policy_of("good-sts.test"),
                             failure("certificate-expired", *at("", "mx.expired.test"))),
        "reproduced", "certificate_expired", "mx.expired.test is no MX host of good-sts.test")
    one("without an address", report(policy_of("good-sts.test"),
                                     failure("certificate-expired", "mx.expired.test")),
        "untestable", "no MX host of the domain any more")


@case("--replay")
def a_host_without_an_address_has_those_of_today():
    one("no address", report(policy_of("expired-enforce.test", mx="mx.expired.test"),
                             failure("certificate-expired", "mx.expired.test")),
        "reproduced", address_of("mx.expired.test"))


@case("--replay", "--source")
def another_source_address_is_told():
    each = report(policy_of("good-sts.test"),
                  failure("certificate-expired", *at("good-sts.test"), sender="127.0.0.9"))
    one("another", each, "not-reproduced", "the sender's was 127.0.0.9 (--source)")
    found, = replay(each, options=("--allow-private", "--source", "127.0.0.9"))
    holds("the same", "--source" not in found["replay"]["detail"], found["replay"])


@case("--replay", "--resolver", "--no-trust-ad")
def the_policy_of_the_report_decides_where_todays_is_not_known():
    one("AD not believed", report(tlsa_of("dane-mismatch.test"),
                                  failure("validation-failure", *at("dane-mismatch.test"),
                                          "dane-no-match"), by=MOX),
        "reproduced", "dane_no_match", "under the policy of the report",
        options=("--allow-private", "--no-trust-ad"))


# --- how senders differ, row by row ---------------------------------------------------------------

ROWS = [
    ("TLSA mismatch", tlsa_of("dane-mismatch.test"), at, "dane-mismatch.test", "dane_no_match", [
        (POSTFIX, "certificate-not-trusted", None), (MOX, "validation-failure", "dane-no-match"),
        (STALWART, "validation-failure", "dane-no-match"),
        (EXIM, "validation-failure", "dane-no-match"), (MICROSOFT, "tlsa-invalid", None)]),
    ("self-signed", policy_of("self-signed-enforce.test", mx="mx.self-signed.test"), at,
     "self-signed.test", "untrusted_certificate", [
         (POSTFIX, "validation-failure", "self-signed_certificate"),
         (MOX, "certificate-not-trusted", None),
         (STALWART, "certificate-not-trusted", "invalid peer certificate: UnknownIssuer")]),
    ("unknown CA", policy_of("unknown-ca.test"), at, "unknown-ca.test", "untrusted_certificate", [
        (POSTFIX, "validation-failure", "unable_to_get_local_issuer_certificate"),
        (MOX, "certificate-not-trusted", None), (STALWART, "certificate-not-trusted", None)]),
    ("not yet valid", policy_of("not-valid-yet.test"), at, "not-valid-yet.test",
     "certificate_not_valid_yet", [
         (POSTFIX, "validation-failure", "certificate_is_not_yet_valid"),
         (MOX, "certificate-expired", None)]),
    ("alert 70", policy_of("alert-70.test"), at, "alert-70.test", "protocol_version_mismatch", [
        (POSTFIX, "validation-failure", "tls-handshake-failure"),
        (MOX, "validation-failure", "tls-remote-alert-70-protocol-version"),
        (STALWART, "certificate-not-trusted", "received fatal alert: ProtocolVersion")]),
    ("silence in the handshake", policy_of("handshake-silence.test"), at, "handshake-silence.test",
     "handshake_failure", [(MOX, "validation-failure", "io-timeout-during-handshake"),
                           (POSTFIX, "validation-failure", "tls-handshake-failure")]),
    ("MX not in the policy", policy_of("mx-not-in-policy.test", mx="other.test"), at,
     "mx-not-in-policy.test", "mta_sts_invalid_hostname", [
         (POSTFIX, "certificate-host-mismatch", None),
         (MOX, "validation-failure", "mtasts-policy-mx-mismatch"),
         (STALWART, "validation-failure", "MX not authorized by policy."),
         (MICROSOFT, "validation-failure", "MX_HOSTS_MISMATCH"),
         (GOOGLE, "validation-failure", None)]),
    ("policy host's certificate", policy_of("policy-self-signed.test"), None, None,
     "untrusted_certificate", [(MOX, "sts-webpki-invalid", None),
                               (STALWART, "sts-policy-fetch-error", None)]),
    ("invalid TXT record", policy_of("sts-record-invalid.test"), None, None,
     "mta_sts_policy_invalid", [(MOX, "sts-policy-fetch-error", None),
                                (STALWART, "sts-policy-fetch-error", None)]),
    ("TLSA SERVFAIL", tlsa_of("tlsa-servfail.test"), at, "tlsa-servfail.test",
     "dns_temporary_failure", [(MICROSOFT, "dnssec-invalid", None),
                               (EXIM, "dnssec-invalid", None)]),
]


@case("--replay")
def every_row_of_the_dialects_is_reproduced():
    reports, expected = [], []
    for condition, policy, place, domain, reason, names in ROWS:
        for by, result_type, code in names:
            where = place(domain) if place else ()
            reports.append(report(policy, failure(result_type, *where, code=code), by=by))
            expected.append((f"{condition} in the words of {by['organization-name']}", reason))
    for (what, reason), found in zip(expected, replay(*reports), strict=True):
        outcome(what, found, "reproduced", reason)


@case("--replay")
def what_a_sender_would_call_otherwise_is_different():
    for what, by, result_type, code in [
            ("Postfix has other words for a self-signed one", POSTFIX, "certificate-not-trusted",
             None),
            ("mox says so of a handshake", MOX, "validation-failure", "tls-remote-alert-40")]:
        policy = tlsa_of("self-signed.test") if by is POSTFIX else policy_of(
            "self-signed-enforce.test", mx="mx.self-signed.test")
        one(what, report(policy, failure(result_type, *at("self-signed.test"), code=code), by=by),
            "different", "untrusted_certificate")


# --- bounds --------------------------------------------------------------------------------------

@contextlib.contextmanager
def counting(address):
    """Counts the connections to an address where nothing speaks SMTP but a greeting that ends it."""
    import socket
    connections = []
    with socket.create_server((address, 25)) as server:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = server.accept()
                    connections.append(peer)
                    with contextlib.suppress(OSError):
                        peer.sendall(b"554 no\r\n")
                        peer.close()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield connections
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@case("--replay")
def one_session_each_host_and_address_whatever_the_report_says():
    address = "127.7.7.7"
    many = [failure("certificate-expired", "mx.good-sts.test", address, sender=f"192.0.2.{i % 250}")
            for i in range(2000)]
    with counting(address) as connections:
        found = replay(report(policy_of("good-sts.test"), *many),
                       report(policy_of("good-plain.test"), *many), status=3)
        same("connections", len(connections), 1)
    same("answers", len(found), 4000)


@case("--replay")
def few_sessions_at_an_address_that_many_hosts_are_said_to_have():
    address = "127.7.7.8"
    many = [failure("certificate-expired", f"mx{i}.example.net", address) for i in range(300)]
    with counting(address) as connections:
        found = replay(report(policy_of("good-sts.test"), *many))
        same("connections", len(connections), 8)
    same("untestable", {each["replay"]["outcome"] for each in found}, {"untestable"})
    holds("it says why", "more host names to its address" in found[-1]["replay"]["detail"],
          found[-1])


@case("--replay")
def names_and_addresses_that_are_none_are_untestable():
    strange = "\x1b[2J;rm -rf /"
    found = replay(
        report(policy_of("good-sts.test"), failure("certificate-expired", strange, "192.0.2.1")),
        report(policy_of("good-sts.test"), failure("certificate-expired", "a.test", strange)),
        report(policy_of(strange), failure("certificate-expired", "a.test", "192.0.2.1")),
        report({"policy-type": "no-policy-found"}, failure("certificate-expired")), status=3)
    same("outcomes", [each["replay"]["outcome"] for each in found], ["untestable"] * 4)


@case("--replay")
def the_other_hosts_of_the_domain_are_left_alone():
    run = mxprobe("report", "--replay", "--allow-private", *OPTIONS, "--format", "json", "-",
                  prefix=("strace", "-f", "-e", "trace=connect", "-o", "/dev/stderr", "sh", "-c",
                          'exec "$@" <"$0"', write(report(
                              policy_of("two-hosts.test", mx="*.two-hosts.test"),
                              failure("certificate-expired", *at("", first_host()))))))
    touched = set(re.findall(r'sin_port=htons\(25\), sin_addr=inet_addr\("([0-9.]+)"\)', run.err))
    same("addresses", touched, {address_of(first_host())})


def first_host():
    domain, = (each for each in lab_table().domains if each.name == "two-hosts.test")
    return domain.hosts()[0]


def write(each):
    path = os.path.join(tempfile.mkdtemp(), "report.json")
    Path(path).write_text(json.dumps(each))
    return path


if __name__ == "__main__":
    program.need_lab()
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
