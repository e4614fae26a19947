#!/usr/bin/python3
"""Compares what mxprobe finds in the lab with what table/ says is there.

    lab run -- check_findings.py [DOMAIN…]

MXPROBE names the program (build/mxprobe). Findings are compared as a multiset of severity, reason,
result type, policy type and host; verdict, deliveries, stage, exit status and the order of the
answers exactly; every object is held against docs/result.schema.json.
"""
import json
import sys
from collections import Counter
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import program, table  # noqa: E402

EXIT_STATUS = {"ok": 0, "warning": 1, "fail": 2, "unknown": 3}
WORST_FIRST = ["fail", "unknown", "warning", "ok"]
SENDERS = ("opportunistic", "mta_sts", "dane")


def differences(domain, result, validator):
    """Lines that say what is not as it should be; none when all is."""
    for error in validator.iter_errors(result):
        where = "/".join(str(part) for part in error.absolute_path)
        yield f"schema: {where}: {error.message[:200]}"
    if result["verdict"] != domain.verdict:
        yield f"verdict: {result['verdict']}, expected {domain.verdict}"
    for sender, expected in zip(SENDERS, domain.delivery):
        if result["delivery"][sender] != expected:
            yield f"delivery {sender}: {result['delivery'][sender]}, expected {expected}"
    stages = {endpoint["stage"] for host in result["hosts"] for endpoint in host["endpoints"]}
    if domain.stage and stages != {domain.stage}:
        yield f"stage: {sorted(stages)}, expected {domain.stage}"
    found = Counter(key_of(finding) for finding in result["findings"])
    expected = Counter(finding.key() for finding in domain.findings)
    for key in (expected - found).elements():
        yield "missing: " + " ".join(key)
    for key in (found - expected).elements():
        yield "too much: " + " ".join(key) + f"   ({detail_of(result, key)})"


def key_of(finding):
    return tuple(finding[field] or "-" for field in
                 ("severity", "reason", "result_type", "policy_type", "mx"))


def detail_of(result, key):
    return next(f["detail"] for f in result["findings"] if key_of(f) == key)


def expected_status(domains):
    verdicts = {domain.verdict for domain in domains}
    return EXIT_STATUS[next(word for word in WORST_FIRST if word in verdicts)]


def check_group(domains, options, validator):
    """One invocation for all of them. Returns the number of domains with a difference."""
    names = [domain.text or domain.name for domain in domains]
    status, out, err = program.check(names, options)
    bad = 0
    results = [json.loads(line) for line in out.splitlines()]
    if [result["domain"] for result in results] != [domain.name for domain in domains]:
        print(f"{len(results)} answers for {len(domains)} domains, or not in their order; "
              f"exit status {status}\n{err[-2000:]}")
        return len(domains)
    by_name = {result["domain"]: result for result in results}
    for domain in domains:
        lines = list(differences(domain, by_name[domain.name], validator))
        if lines:
            bad += 1
            print(f"{domain.name}: {domain.about}", *lines, sep="\n    ")
    if status != expected_status(domains):
        print(f"exit status {status}, expected {expected_status(domains)}")
        bad += 1
    return bad


def check_alone(domains, validator):
    """The first domain of each verdict once more by itself, for its exit status."""
    bad = 0
    for word in WORST_FIRST:
        domain = next((d for d in domains if d.verdict == word and not d.options), None)
        if domain:
            bad += check_group([domain], (), validator)
    return bad


def main(wanted):
    program.need_lab()
    schema = json.loads((HERE.parent.parent / "docs" / "result.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    domains = [d for d in program.in_time(program.present(table.load()))
               if not wanted or d.name in wanted]
    groups = {}
    for domain in domains:
        groups.setdefault(tuple(domain.options), []).append(domain)
    bad = sum(check_group(group, options, validator) for options, group in groups.items())
    bad += check_alone(domains, validator)
    print(f"{len(domains)} domains, {bad} differences")
    return 1 if bad or not domains else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
