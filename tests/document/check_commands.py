#!/usr/bin/python3
"""Run in the lab: does each command of docs/failures.md show, on a domain that has the fault, what
the document says? And does Postfix know the parameters that it names?"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
DOCUMENT = TOP / "docs" / "failures.md"
sys.path.insert(0, str(TOP / "tests" / "lab"))
sys.dont_write_bytecode = True

from labkit import program, table  # noqa: E402

NEEDED = ("curl", "dig", "gnutls-cli", "openssl", "posttls-finger", "postconf")
CANNOT_RUN = 77  # what CTest takes for "skipped"
PATIENCE_S = "5"  # in place of the minute that a person waits

# Reason, domain, MX host (mx.DOMAIN where empty), what must be seen.
CASES = [
    ("certificate_expired", "expired.test", "", r"num=10:certificate has expired"),
    ("certificate_expired", "expired-intermediate.test", "", r"depth=1.*\n.*num=10:"),
    ("certificate_not_valid_yet", "not-valid-yet.test", "", r"num=9:certificate is not yet valid"),
    ("certificate_revoked", "ocsp-revoked.test", "", r"Cert Status: revoked"),
    ("untrusted_certificate", "self-signed.test", "", r"num=18:"),
    ("untrusted_certificate", "unknown-ca-sent.test", "", r"num=19:"),
    ("untrusted_certificate", "missing-intermediate.test", "", r"depth=0.*\n.*num=20:"),
    ("untrusted_certificate", "name-constraints.test", "", r"num=47:"),
    ("untrusted_certificate", "path-length.test", "", r"num=25:"),
    ("no_valid_signature", "broken-signature.test", "", r"num=7:certificate signature failure"),
    ("unsupported_certificate", "weak-key.test", "", r"num=66:"),
    ("unsupported_certificate", "sha1.test", "", r"num=68:"),
    ("unsupported_certificate", "client-purpose.test", "", r"num=26:"),
    ("unsupported_certificate", "unknown-critical.test", "", r"num=34:"),
    ("hostname_mismatch", "wrong-host.test", "", r"\A(?!.*DNS:mx\.wrong-host\.test)[\s\S]*DNS:"),
    ("hostname_mismatch", "cn-only.test", "", r"CN = mx\.cn-only\.test\n(?![\s\S]*DNS:)"),
    ("certificate_expires_soon", "expires-soon.test", "", r"NotAfter: \w+ +\d+ [\d:]+ \d+ GMT"),
    ("chain_extra_expired", "extra-expired.test", "", r"(NotAfter.*\n.*){2}NotAfter"),
    ("must_staple_missing", "must-staple.test", "", r"no response sent"),
    ("protocol_version_mismatch", "tls10.test", "", r"\AProtocol version: TLSv1\n\Z"),
    ("protocol_version_mismatch", "tls11.test", "", r"\AProtocol version: TLSv1\.1\n\Z"),
    ("protocol_version_mismatch", "alert-70.test", "", r"\A\Z"),
    ("insecure_cipher_suite", "tripledes.test", "", r"Description: .*3DES-CBC"),
    ("insecure_cipher_suite", "rc4.test", "", r"Description: .*ARCFOUR-128"),
    ("insecure_cipher_suite", "anonymous.test", "", r"Description: .*ANON"),
    ("insecure_cipher_suite", "small-dh.test", "", r"Description: .*DHE-CUSTOM1024"),
    ("no_shared_cipher_suite", "camellia.test", "", r"Ciphersuite: .*CAMELLIA"),
    ("no_shared_cipher_suite", "alert-71.test", "", r"SSL alert number 71"),
    ("handshake_failure", "alert-40.test", "", r"SSL_connect:[\s\S]*SSL alert number 40"),
    ("handshake_failure", "handshake-close.test", "", r"SSL_connect:[\s\S]*unexpected eof"),
    ("handshake_failure", "handshake-reset.test", "", r"SSL_connect:[\s\S]*errno"),
    ("handshake_failure", "client-certificate.test", "",
     r"write client certificate[\s\S]*SSL alert number 116"),
    ("handshake_failure", "client-certificate-12.test", "",
     r"write client certificate[\s\S]*SSL alert number 50"),
    ("unexpected_message", "smtp-for-tls.test", "", r"wrong version number"),
    ("unexpected_message", "http-for-tls.test", "", r"wrong version number"),
    ("unexpected_message", "alert-10.test", "", r"unexpected message"),
    ("unexpected_message", "out-of-order.test", "", r"unexpected message"),
    ("unexpected_message", "plaintext-behind-220.test", "", r"< 220 2.*\n\* Closing connection"),
    ("connection_refused", "refused.test", "", r"Connection refused"),
    ("network_unreachable", "unreachable.test", "", r"No route to host|Network is unreachable"),
    ("connection_timeout", "lost.test", "", r"Connection timed out"),
    ("throttled", "banner-421.test", "", r"< 421"),
    ("throttled", "starttls-421.test", "", r"< 421"),
    ("throttled", "after-tls-421.test", "", r"SSL connection using[\s\S]*< 421"),
    ("service_refused", "banner-554.test", "", r"< 554"),
    ("service_refused", "ehlo-helo-refused.test", "", r"> EHLO.*\n< 5[\s\S]*> HELO.*\n< 5"),
    ("smtp_timeout", "banner-silence.test", "", r"Operation timed out"),
    ("smtp_timeout", "ehlo-silence.test", "", r"> EHLO[\s\S]*Operation timed out"),
    ("smtp_closed", "banner-close.test", "", r"response reading failed"),
    ("smtp_closed", "ehlo-close.test", "", r"> EHLO.*\n.*response reading failed"),
    ("smtp_protocol_error", "banner-http.test", "", r"< HTTP/1\.1"),
    ("smtp_protocol_error", "banner-two-codes.test", "", r"< 220-.*\n< 250"),
    ("smtp_after_tls", "after-tls.test", "", r"SSL connection using[\s\S]*> EHLO[\s\S]*< 554"),
    ("ehlo_refused", "helo-only.test", "", r"> EHLO.*\n< 5.*\n> HELO.*\n< 250"),
    ("starttls_not_offered", "no-starttls.test", "", r"STARTTLS not supported"),
    ("starttls_refused", "starttls-454.test", "", r"STARTTLS denied, code 454"),
    ("starttls_refused", "starttls-close.test", "", r"> STARTTLS\n.*reading failed"),
    ("starttls_stripped", "starttls-stripped.test", "",
     r"Didn't find STARTTLS[\s\S]*CONNECTION ESTABLISHED"),
    ("starttls_repeated", "starttls-repeated.test", "", r"SSL connection using[\s\S]*< 250.STARTTLS"),
    ("mta_sts_policy_not_found", "good-plain.test", "", r"\A(?!\"v=STSv1)"),
    ("mta_sts_policy_not_found", "policy-host-missing.test", "",
     r"\A\"v=STSv1;[\s\S]*Could not resolve host"),
    ("mta_sts_policy_not_found", "policy-404.test", "", r"\A\"v=STSv1;[\s\S]*HTTP/1\.1 404"),
    ("mta_sts_policy_invalid", "sts-record-multiple.test", "", r"\A(\"v=STSv1;.*\n){2}"),
    ("mta_sts_policy_invalid", "policy-html.test", "", r"Content-Type: text/html"),
    ("mta_sts_policy_invalid", "policy-blank-line.test", "", r"max_age: .*\n\n"),
    ("mta_sts_policy_fetch_error", "policy-301.test", "", r"HTTP/1\.1 301"),
    ("mta_sts_policy_fetch_error", "policy-refused.test", "", r"curl: \(7\)"),
    ("mta_sts_policy_fetch_error", "policy-self-signed.test", "", r"curl: \(60\)"),
    ("mta_sts_policy_fetch_error", "policy-no-tls.test", "", r"curl: \(35\)"),
    ("mta_sts_invalid_hostname", "mx-not-in-policy.test", "",
     r"10 mx\.mx-not-in-policy\.test\.\nmx: mx\.elsewhere\.test"),
    ("mta_sts_policy_upgrade", "no-starttls-enforce.test", "mx.no-starttls.test",
     r"STARTTLS not supported"),
    ("mta_sts_policy_upgrade", "starttls-554.test", "", r"STARTTLS denied, code 554"),
    ("mta_sts_policy_upgrade", "helo-only-enforce.test", "mx.helo-only.test", r"> EHLO.*\n< 5"),
    ("mta_sts_policy_upgrade", "starttls-silence.test", "", r"> STARTTLS\n.*timed out"),
    ("mta_sts_connection_failure", "wrong-host-enforce.test", "mx.wrong-host.test",
     r"num=62:hostname mismatch"),
    ("sts_pattern_unused", "pattern-unused.test", "", r"mx: old\.pattern-unused\.test"),
    ("sts_max_age_short", "max-age-short.test", "", r"max_age: 3600\n"),
    ("sts_max_age_clamped", "max-age-clamped.test", "", r"max_age: 31557601\n"),
    ("sts_record_nonstandard", "sts-record-space.test", "", r"v=STSv1 ;"),
    ("no_downgrade_protection", "good-plain.test", "", r"\A\Z"),
    ("tls_rpt_absent", "tls-rpt-absent.test", "", r"\A\Z"),
    ("tls_rpt_invalid", "tls-rpt-invalid.test", "", r"\A\"v=TLSRPTv1;\"\n\Z"),
    ("tls_rpt_invalid", "tls-rpt-two.test", "", r"(\"v=TLSRPTv1;.*\n){2}"),
    ("dane_no_match", "dane-mismatch.test", "",
     r"num=65:no matching DANE TLSA records[\s\S]*Untrusted TLS connection"),
    ("tlsa_unusable", "dane-unusable.test", "",
     r"unsupported TLSA certificate usage[\s\S]*unusable TLSA RR[\s\S]*all TLSA records unusable"),
    ("dane_required", "require-dane.test", "", r"\A(?![\s\S]*TLSA\t)[\s\S]*flags:"),
    ("dane_required", "in.insecure.test", "", r"\A(?![\s\S]*flags:[^;]* ad)[\s\S]*flags:"),
    ("dns_no_mail_host", "no-such-domain.test", "", r"(status: NXDOMAIN[\s\S]*){3}"),
    ("dns_no_mail_host", "no-address.test", "", r"(status: NOERROR[\s\S]*ANSWER: 0[\s\S]*){3}"),
    ("null_mx", "null-mx.test", "", r"\A0 \.\n\Z"),
    ("null_mx_conflict", "null-mx-beside.test", "", r"^0 \.$"),
    ("dns_temporary_failure", "lame.test", "", r"status: SERVFAIL"),
    ("dns_temporary_failure", "tlsa-servfail.test", "", r"NOERROR[\s\S]*NOERROR[\s\S]*SERVFAIL"),
    ("dnssec_bogus", "bogus-mx.test", "", r"status: SERVFAIL[\s\S]*status: NOERROR"),
    ("dnssec_bogus", "tlsa-bogus.test", "", r"status: SERVFAIL[\s\S]*status: NOERROR"),
    ("mx_no_address", "mx-no-address.test", "", r"(ANSWER: 0[\s\S]*|NXDOMAIN[\s\S]*){2}"),
    ("mx_is_cname", "mx-cname.test", "alias.mx-cname.test", r"\A[\w.-]+\.\n\Z"),
    ("mx_is_literal", "mx-literal.test", "", r" 127\.2\.9\.9"),
    ("target_refused", "private-address.test", "", r"\A127\."),
    ("what_if_unused", "good-plain.test", "", r"\A\Z"),
]

# Their fault is this machine's, not a domain's; or the command is mxprobe's own.
ELSEWHERE = {"dnssec_not_checked", "probe_error", "family_unavailable", "mx_limit_reached",
             "starttls_injection"}


def read_document():
    """{reason: command}, [(parameter line of Postfix)]"""
    commands, settings = {}, []
    for section in re.split(r"^### ", DOCUMENT.read_text(), flags=re.M)[1:]:
        reason = section.split("\n", 1)[0]
        command = re.search(r"```sh\n(.*?)\n```", section, re.S)
        if command:
            commands[reason] = command.group(1)
        block = re.search(r"On Postfix:\n\n```ini\n(.*?)\n```", section, re.S)
        settings += block.group(1).split("\n") if block else []
    return commands, [line for line in settings if not line.startswith("#")]


def run(command, domain, mx):
    command = command.replace("{domain}", domain).replace("{mx}", mx).replace("-m 60",
                                                                             "-m " + PATIENCE_S)
    environment = dict(os.environ, LC_ALL="C", SSL_CERT_FILE=os.environ["LAB_CA"],
                       CURL_CA_BUNDLE=os.environ["LAB_CA"])
    done = subprocess.run(["bash", "-c", command], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.stdout.decode(errors="replace").replace("\r", "")


def check_case(commands, case):
    """None, or what is wrong."""
    reason, domain, mx, wanted = case
    shown = run(commands[reason], domain, mx or "mx." + domain)
    if re.search(wanted, shown, re.M):
        return None
    return f"{reason}, {domain}: no {wanted} in\n{shown}"


def unknown_parameters(settings):
    names = sorted({line.split(" =")[0] for line in settings})
    done = subprocess.run(["postconf", "-d", *names], capture_output=True, text=True)
    known = {line.split(" =")[0] for line in done.stdout.splitlines()}
    return [f"Postfix has no {name}" for name in names if name not in known]


def main():
    program.need_lab()
    lacking = [name for name in NEEDED if not shutil.which(name)]
    if lacking:
        print("cannot run here: no", ", ".join(lacking))
        return CANNOT_RUN
    commands, settings = read_document()
    present = {domain.name for domain in program.present(table.load())}
    cases = [case for case in CASES if case[1] in present]
    tested = {case[0] for case in CASES}
    wrong = [f"{reason}: its command is not tried" for reason in commands
             if reason not in tested | ELSEWHERE]
    wrong += unknown_parameters(settings)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        wrong += filter(None, pool.map(lambda case: check_case(commands, case), cases))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
