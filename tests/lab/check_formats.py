#!/usr/bin/python3
"""What every format promises, held for every domain of the lab.

    lab run -q -- check_formats.py

JSON fits docs/result.schema.json; a TLS-RPT report fits RFC 8460, as docs/tlsrpt.schema.json has it, and
counts what the JSON tells; text carries nothing that a terminal would obey but line feeds
and, where asked for, colours; nagios is one line whose perfdata a monitoring system can read; and
the exit status is the same by all of them.
"""
import copy
import functools
import ipaddress
import json
import os
import re
import sys
import tempfile
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, program, tlsrpt  # noqa: E402
from labkit.cases import case, holds, same  # noqa: E402
from labkit.invoke import check, lab_table, mxprobe  # noqa: E402

SGR = re.compile(r"\x1b\[[0-9]*(?:;[0-9]+)*m")
DOCS = HERE.parent.parent / "docs"

# Monitoring Plugins development guidelines, "Performance data":
# 'label'=value[UOM];[warn];[crit];[min];[max]
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
PERFDATUM = re.compile(rf"(?P<label>'[^'=|]+'|[^\s'=|]+)=(?P<value>{NUMBER})"
                       rf"(?P<unit>s|us|ms|%|B|KB|MB|TB|c)?(?:;[^;\s]*){{0,2}}"
                       rf"(?:;(?:{NUMBER})?){{0,2}}")
STATES = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}


@functools.cache
def groups():
    """The lab's domains by the options that the table gives them: [(options, domains)]."""
    by_options = {}
    for domain in program.in_time(program.present(lab_table())):
        by_options.setdefault(tuple(domain.options), []).append(domain)
    return [(tuple(os.path.expandvars(option) for option in options), domains)
            for options, domains in by_options.items()]


def run_groups(format_options):
    """One run for each group: [(domains, run)]."""
    limits = ("--timeout", program.TIMEOUT_S, "--connect-timeout", program.CONNECT_TIMEOUT_S)
    return [(domains, check(*format_options, *limits, *options,
                            *(domain.text or domain.name for domain in domains)))
            for options, domains in groups()]


@functools.cache
def all_runs():
    """The runs by format, all at the same time: most of it is waiting for silent hosts."""
    with ThreadPoolExecutor(1 if program.sanitized() else len(ALL)) as pool:
        return dict(zip(ALL, pool.map(run_groups, ALL)))


def runs(*format_options):
    return all_runs()[format_options]


def disobedient(text, line_feeds=True):
    """The characters of a text that a terminal may act on, or that hide or reorder others."""
    return sorted({repr(character) for character in text
                   if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
                   and not (character == "\n" and line_feeds)})


TEXT, LOUD_TEXT = ("--format", "text"), ("-vv", "--color", "always")
JSON, NAGIOS = ("--format", "json", "-vv"), ("--format", "nagios")
TLSRPT = ("--format", "tlsrpt")
ALL = (TEXT, LOUD_TEXT, JSON, NAGIOS, TLSRPT)


@case()
def text_holds_no_control_character_but_line_feeds():
    for domains, run in runs(*TEXT):
        same(f"{domains[0].name}…: control characters", disobedient(run.out), [])
        same("standard error", run.err, "")
        holds("it ends with a line feed", run.out.endswith("\n"))


@case()
def loud_text_in_colour_holds_colours_besides_and_nothing_else():
    for domains, run in runs(*LOUD_TEXT):
        holds("colours", SGR.search(run.out))
        same(f"{domains[0].name}…: control characters", disobedient(SGR.sub("", run.out)), [])


@case()
def text_lines_keep_to_the_width():
    for _, run in runs(*TEXT):
        # What is to be copied is not broken: a word alone may be longer.
        long = [line for line in run.out.splitlines()
                if len(line) > 100 and len(line.split()) > 1 and len(line.split()[-1]) < 90
                and not re.match(r" +[0-3] [01] [0-2] [0-9a-f]+$", line)]
        same("lines over 100 columns", long, [])


def validator_of(name):
    schema = json.loads((DOCS / f"{name}.schema.json").read_text())
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@case()
def json_fits_the_schema():
    validator = validator_of("result")
    for domains, run in runs(*JSON):
        lines = run.out.split("\n")
        same("it ends with a line feed", lines.pop(), "")
        same("objects", [json.loads(line)["domain"] for line in lines], [d.name for d in domains])
        for line in lines:
            result = json.loads(line)
            for error in validator.iter_errors(result):
                raise cases.Failed(f"{result['domain']}: {error.json_path}: {error.message[:300]}")


def reports():
    """[(domain, its report)] of every domain."""
    return [(domain, json.loads(line)) for domains, run in runs(*TLSRPT)
            for domain, line in zip(domains, run.out.splitlines(), strict=True)]


def report_by_name():
    return {domain.name: report for domain, report in reports()}


@case()
def tlsrpt_is_a_report_a_line_by_rfc_8460():
    validator = validator_of("tlsrpt")
    for domain, report in reports():
        for error in validator.iter_errors(report):
            raise cases.Failed(f"{domain.name}: {error.json_path}: {error.message[:300]}")
        policy_domains = {part["policy"]["policy-domain"] for part in report["policies"]
                          if part["policy"]["policy-type"] != "tlsa"}
        same("policy domain", policy_domains - {domain.name}, set())
        for part in report["policies"]:
            for detail in part["failure-details"]:
                for key in detail.keys() & {"sending-mta-ip", "receiving-ip"}:
                    address = detail[key]  # canonical: RFC 5952
                    same(f"{domain.name}: {key}", str(ipaddress.ip_address(address)), address)
            same(f"{domain.name}: failures in all",
                 sum(detail["failed-session-count"] for detail in part["failure-details"]),
                 part["summary"]["total-failure-session-count"])
    ids = [report["report-id"] for _, report in reports()]
    same("report ids that are there twice", len(ids) - len(set(ids)), 0)
    for _, run in runs(*TLSRPT):
        same("standard error", run.err, "")
        same("control characters", disobedient(run.out), [])


@case()
def tlsrpt_schema_is_no_friend_of_everything():
    validator = validator_of("tlsrpt")
    report = report_by_name()["expired-enforce.test"]
    changes = {
        "a key of our own": lambda r: r.update(schema="mxprobe.tlsrpt/1"),
        "no report-id": lambda r: r.pop("report-id"),
        "a time without a zone": lambda r: r["date-range"].update(
            {"start-datetime": "2026-11-24T08:00:00"}),
        "a bare policy-string": lambda r: r["policies"][0]["policy"].update(
            {"policy-string": "version: STSv1"}),
        "a bare mx-host": lambda r: r["policies"][0]["policy"].update({"mx-host": "mx.a.test"}),
        "a type of our own": lambda r: r["policies"][0]["failure-details"][0].update(
            {"result-type": "certificate_expired"}),
        "an address out of range": lambda r: r["policies"][0]["failure-details"][0].update(
            {"receiving-ip": "127.0.0.256"}),
        "a null": lambda r: r["policies"][0]["failure-details"][0].update(
            {"receiving-mx-helo": None}),
        "a count as text": lambda r: r["policies"][0]["summary"].update(
            {"total-failure-session-count": "1"}),
    }
    holds("the report as it came", validator.is_valid(report))
    for what, change in changes.items():
        changed = copy.deepcopy(report)
        change(changed)
        holds(f"{what} is refused", not validator.is_valid(changed))


def alone(domain):
    """What both formats count of a domain that is probed for itself."""
    options = [os.path.expandvars(option) for option in domain.options]
    name = domain.text or domain.name
    (report,) = check(*TLSRPT, *options, name).results()
    (result,) = check(*JSON, *options, name).results()
    return tlsrpt.reported(report), tlsrpt.expected(result)


@case()
def tlsrpt_counts_what_the_json_tells():
    results = {domain.name: json.loads(line) for domains, run in runs(*JSON)
               for domain, line in zip(domains, run.out.splitlines(), strict=True)}
    types = set()
    for domain, report in reports():
        got, wanted = tlsrpt.reported(report), tlsrpt.expected(results[domain.name])
        if got != wanted:  # among all the others, on a busy machine, a host may have been late
            got, wanted = alone(domain)
        same(f"{domain.name}: policies", sorted(got), sorted(wanted))
        for kind in wanted:
            same(f"{domain.name}: {kind}", got[kind], wanted[kind])
            types |= {key[0] for key in got[kind].failed}
    same("result types (RFC 8460 section 4.3)", len(types), 11)


@case()
def tlsrpt_reads_back_by_report_with_the_same_counts_and_no_deviation():
    ours = {report["report-id"]: tlsrpt.reported(report) for _, report in reports()}
    with tempfile.TemporaryDirectory() as folder:
        for number, (_, report) in enumerate(reports()):
            (Path(folder) / f"{number}.json").write_text(json.dumps(report))
        run = mxprobe("report", "--format", "json", folder)
    same("standard error", run.err, "")
    (answer,) = run.results()
    same("reports", len(answer["reports"]), len(ours))
    for read in answer["reports"]:
        # A policy of 64 KiB has lines that are longer than what report keeps of a text.
        same("deviations", [deviation for deviation in read["deviations"]
                            if not re.fullmatch(r"text_cut: .*\.policy-string", deviation)], [])
        got = {}
        for policy in read["policies"]:
            count = got.setdefault(policy["policy_type"], tlsrpt.Count())
            count.succeeded += policy["successful"]
            for failure in policy["failures"]:
                count.failed[failure["result_type"], failure["failure_reason_code"],
                             failure["mx"], failure["ip"]] += failure["count"]
        same(read["file"], got, ours[read["report_id"]])


# By hand, from the decision table: what the policies of a domain count, (succeeded, failures).
BY_HAND = {
    "good-both.test": {"sts": (1, []), "tlsa": (1, [])},
    "good-none.test": {"no-policy-found": (1, [])},
    "expired-enforce.test": {"sts": (0, [("certificate-expired", "certificate_expired")])},
    # Rows 10 and 12 of one session, which failed once; under a policy the first has its own name.
    "starttls-stripped.test": {
        "no-policy-found": (0, [("starttls-not-supported", "starttls_not_offered")])},
    "starttls-stripped-enforce.test": {
        "sts": (0, [("starttls-not-supported", "mta_sts_policy_upgrade")])},
    # The policy cannot be had, and the session that it was for goes on without one.
    "policy-404.test": {"sts": (0, [("sts-policy-fetch-error", "mta_sts_policy_not_found")]),
                        "no-policy-found": (1, [])},
    "mx-second-not-in-policy.test": {
        "sts": (1, [("validation-failure", "mta_sts_invalid_hostname")])},
    # DANE fails and MTA-STS does not: the same endpoint is a session of each.
    "dane-mismatch-sts.test": {"sts": (1, []),
                               "tlsa": (0, [("validation-failure", "dane_no_match")])},
    # Nobody was reached: outside TLS-RPT. No host and no address: one attempt all the same.
    "refused.test": {"sts": (0, [])},
    "bogus-mx.test": {"tlsa": (0, [("dnssec-invalid", "dnssec_bogus")])},
    "null-mx.test": {},
}


@case()
def tlsrpt_counts_what_the_decision_table_tells():
    run = check(*TLSRPT, *BY_HAND)
    for (name, wanted), report in zip(BY_HAND.items(), run.results(), strict=True):
        same(name, by_hand(report), wanted)


def by_hand(report):
    return {kind: (count.succeeded, sorted(key[:2] for key in count.failed))
            for kind, count in tlsrpt.reported(report).items()}


@case()
def tlsrpt_of_a_scan_counts_the_same():
    with tempfile.NamedTemporaryFile("w") as names:
        names.write("".join(f"{name}\n" for name in BY_HAND))
        names.flush()
        run = mxprobe("scan", "--ca-file", os.environ["LAB_CA"], "--allow-private", "--format",
                      "tlsrpt", "--progress", "never", names.name)
    same("standard error", run.err, "")
    # A report names its domain by its policies alone, and comes when it is done.
    same("counts", sorted(map(repr, map(by_hand, run.results()))),
         sorted(map(repr, BY_HAND.values())))


@case()
def tlsrpt_policy_strings_are_what_is_published():
    by_name = report_by_name()
    sts = by_name["good-sts.test"]["policies"][0]["policy"]
    same("MTA-STS (RFC 8460 section 4.5)", sts, {
        "policy-type": "sts",
        "policy-string": ["version: STSv1", "mode: enforce", "mx: mx.good-sts.test",
                          "max_age: 604800"],
        "policy-domain": "good-sts.test", "mx-host": ["mx.good-sts.test"]})
    dane = by_name["good-dane.test"]["policies"][0]["policy"]
    same("its keys", set(dane), {"policy-type", "policy-string", "policy-domain"})
    same("the TLSA base domain", dane["policy-domain"], "mx.good-dane.test")
    holds("TLSA", re.fullmatch("3 1 1 [0-9a-f]{64}", dane["policy-string"][0]), dane)


@case()
def json_holds_no_control_character_and_no_dialogue():
    for domains, run in runs(*JSON):
        same(f"{domains[0].name}…: control characters", disobedient(run.out), [])
        same("dialogue: control characters", disobedient(run.err), [])


@case()
def json_repeats_no_key():
    def once(pairs):
        keys = [key for key, _ in pairs]
        same("keys that are there twice", sorted(k for k in keys if keys.count(k) > 1), [])
        return dict(pairs)

    for _, run in runs(*JSON):
        for line in run.out.splitlines():
            json.loads(line, object_pairs_hook=once)


@case()
def diff_finds_no_change_between_a_file_and_itself():
    lines = [line for _, run in runs(*JSON) for line in run.out.splitlines()]
    with tempfile.NamedTemporaryFile("w") as old, tempfile.NamedTemporaryFile("w") as new:
        for file, order in ((old, lines), (new, lines[::-1])):
            file.write("".join(f"{line}\n" for line in order))
            file.flush()
        run = mxprobe("diff", "--format", "json", old.name, new.name)
    same("standard error", run.err, "")
    (totals,) = run.results()
    same("unchanged", totals["summary"]["unchanged"], len(lines))
    same("status", run.status, 0)


@case()
def nagios_is_one_line_with_perfdata():
    for domains, run in runs(*NAGIOS):
        line = run.out.removesuffix("\n")
        same(f"{domains[0].name}…: control characters", disobedient(line, False), [])
        same("bars", line.count("|"), 1)
        text, perfdata = line.split("|")
        holds("the state is that of the status",
              text.startswith(f"MXPROBE {STATES[run.status]} - "), (run.status, text))
        labels = []
        for datum in perfdata.split():
            found = PERFDATUM.fullmatch(datum)
            holds("perfdata by the guidelines", found, datum)
            labels.append(found["label"])
        same("labels that are there twice", sorted({x for x in labels if labels.count(x) > 1}), [])
        holds("some perfdata", len(labels) >= 1, perfdata)
        same("standard error", run.err, "")


@case()
def nagios_names_the_domain_and_its_reason():
    seen = set()
    for domain in program.present(lab_table()):
        grave = [f.reason for f in domain.findings if f.severity == "fail"]
        if len(grave) == 1 and not domain.options and grave[0] not in seen:
            seen.add(grave[0])
            line = check(*NAGIOS, "--timeout", program.TIMEOUT_S, domain.name).out
            holds(f"{domain.name}: {grave[0]}", domain.name in line and grave[0] in line, line)
    holds("some reasons", len(seen) > 5, seen)


@case()
def exit_status_is_the_same_by_every_format():
    by_format = [[run.status for _, run in runs(*options)] for options in ALL]
    same("statuses", by_format, [by_format[0]] * len(ALL))
    worst = [expected_status(domains) for _, domains in groups()]
    same("statuses by the table", by_format[0], worst)


@case()
def exit_status_of_each_verdict_alone_is_the_same_by_every_format():
    for verdict, status in (("ok", 0), ("warning", 1), ("fail", 2), ("unknown", 3)):
        domain = next(d for d in lab_table().domains if d.verdict == verdict and not d.options
                      and "silence" not in d.name)
        for options in ALL:
            same(f"{domain.name} {options}", check(*options, domain.name).status, status)


def expected_status(domains):
    verdicts = {domain.verdict for domain in domains}
    return next(status for word, status in
                (("fail", 2), ("unknown", 3), ("warning", 1), ("ok", 0)) if word in verdicts)


if __name__ == "__main__":
    program.need_lab()
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
