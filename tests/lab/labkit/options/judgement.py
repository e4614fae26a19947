"""What certificates are held against: anchors, CRLs, a time, days to the end, DANE demanded."""
import datetime
import os

from ..cases import case, holds, same
from ..invoke import check, endpoints, finding, mxprobe, pki, probe, reasons


def severity(result, reason):
    found = finding(result, reason)
    return found["severity"] if found else None


def days_from_now(days):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@case("--ca-file")
def ca_file_takes_the_place_of_the_anchors_of_the_system():
    system, = mxprobe("check", "--format", "json", "good-plain.test").results()
    lab = probe("good-plain.test")
    same("by the system's: trusted", endpoints(system)[0]["tls"]["trusted"], False)
    same("by the system's", finding(system, "untrusted_certificate")["result_type"],
         "certificate-not-trusted")
    same("by the lab's: trusted", endpoints(lab)[0]["tls"]["trusted"], True)
    same("by the lab's", (lab["verdict"], finding(lab, "untrusted_certificate")), ("ok", None))
    # In place of, not beside: what the environment makes the system's no longer counts.
    other, = mxprobe("check", "--format", "json", "--ca-file", pki("mx.self-signed.test.crt"),
                     "good-plain.test",
                     environment={"SSL_CERT_FILE": os.environ["LAB_CA"]}).results()
    same("trusted by another anchor", endpoints(other)[0]["tls"]["trusted"], False)


@case("--ca-file")
def ca_file_judges_the_policy_host_too():
    system, = mxprobe("check", "--format", "json", "good-sts.test").results()
    same("policy by the system's", system["mta_sts"]["policy"]["status"], "webpki-invalid")
    same("by the lab's", probe("good-sts.test")["mta_sts"]["policy"]["status"], "valid")


@case("--crl-file")
def crl_file_reveals_what_is_revoked():
    crl = ("--crl-file", pki("crl.pem"))
    same("without", probe("revoked.test")["verdict"], "ok")
    result = probe("revoked.test", *crl)
    same("with", finding(result, "certificate_revoked")["result_type"], "certificate-not-trusted")
    same("an MTA-STS sender", result["delivery"]["mta_sts"], "defer")
    same("another certificate of that issuer", probe("not-revoked.test", *crl)["verdict"], "ok")


@case("--at")
def at_judges_certificates_at_another_time():
    for domain, when, reason, wanted in (
            ("good-sts.test", "+0d", "certificate_expired", None),
            ("good-sts.test", "+100d", "certificate_expired", "fail"),
            ("good-sts.test", days_from_now(100), "certificate_expired", "fail"),
            ("good-sts.test", days_from_now(-60), "certificate_not_valid_yet", "fail"),
            ("expired-enforce.test", days_from_now(-60), "certificate_expired", None),
            ("not-valid-yet.test", "+20d", "certificate_not_valid_yet", None),
            ("policy-expired.test", days_from_now(-60), "certificate_expired", None)):
        same(f"{domain} at {when}: {reason}", severity(probe(domain, "--at", when), reason), wanted)


@case("--at")
def at_takes_rfc_3339_and_nothing_else():
    for text in ("2026-11-24T08:00:00Z", "2026-11-24t08:00:00.25+01:30", "+30d"):
        same(text, check("--at", text, "null-mx.test").status, 0)
    for text in ("2026-11-24", "2026-13-01T00:00:00Z", "2026-11-24T08:00:00", "tomorrow", "+d", ""):
        same(text, check("--at", text, "null-mx.test").status, 64)


@case("--expiry-warn")
def expiry_warn_is_how_many_days_before_the_end():
    # The certificate of the one ends in 10 days, that of the other in 60 at the most.
    for domain, options, wanted in (
            ("expires-soon.test", (), "warning"),
            ("expires-soon.test", ("--expiry-warn", "5"), None),
            ("expires-soon.test", ("--expiry-warn", "off"), None),
            ("good-sts.test", (), None),
            ("good-sts.test", ("--expiry-warn", "90"), "warning"),
            ("good-sts.test", ("--at", "+45d"), "warning")):
        same(f"{domain} {options}",
             severity(probe(domain, *options), "certificate_expires_soon"), wanted)


@case("--expiry-crit")
def expiry_crit_is_the_same_as_a_failure():
    for options, wanted, verdict in (
            ((), "warning", "warning"),
            (("--expiry-crit", "off"), "warning", "warning"),
            (("--expiry-crit", "5"), "warning", "warning"),
            (("--expiry-crit", "14"), "fail", "fail"),
            (("--expiry-crit", "14", "--expiry-warn", "off"), "fail", "fail")):
        result = probe("expires-soon.test", *options)
        same(f"{options}", (severity(result, "certificate_expires_soon"), result["verdict"]),
             (wanted, verdict))


@case("--require-dane")
def require_dane_judges_as_a_sender_that_mandates_it():
    without, result = probe("good-sts.test"), probe("good-sts.test", "--require-dane")
    same("without", (without["verdict"], without["delivery"]["dane"]), ("ok", "tls"))
    same("with", (result["verdict"], result["delivery"]["dane"]), ("fail", "defer"))
    found = finding(result, "dane_required")
    same("finding", (found["severity"], found["result_type"], found["policy_type"]),
         ("fail", "dane-required", "tlsa"))
    same("the other senders", result["delivery"]["mta_sts"], "tls")
    satisfied = probe("good-dane.test", "--require-dane")
    same("where there is DANE", (satisfied["verdict"], satisfied["delivery"]["dane"]),
         ("ok", "tls"))
    holds("no finding there", not finding(satisfied, "dane_required"), reasons(satisfied))
