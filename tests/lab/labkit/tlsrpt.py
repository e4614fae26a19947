"""What a TLS-RPT report has to count, told from a result object and the decision table alone."""
from collections import Counter
from dataclasses import dataclass, field

from . import decisions

SUMS_UP = "mta_sts_connection_failure"  # the domain's consequence: no session of its own


@dataclass
class Count:
    """Of one policy type in one report."""
    succeeded: int = 0
    failed: Counter = field(default_factory=Counter)  # (result type, reason, host, address)


def expected(result):
    """{policy type: Count} of a result object."""
    order = {label: place for place, label in enumerate(decisions.load())}
    findings = sorted((f for f in result["findings"]
                       if f["result_type"] and f["reason"] != SUMS_UP),
                      key=lambda f: order[f["row"]])
    counts = {}
    for place in places(result):
        for kind in policies(result, findings, place["host"]):
            count = counts.setdefault(kind, Count())
            failures = [f for f in findings if f["policy_type"] == kind and holds(f, place)]
            if failures:
                first = failures[0]
                count.failed[first["result_type"], first["reason"], place["host"],
                             place["ip"]] += 1
            else:
                count.succeeded += place["secured"]
    return counts


def places(result):
    """Every endpoint; a host without one, and a domain without a host, stands for itself."""
    for host in result["hosts"]:
        for endpoint in host["endpoints"]:
            tls = endpoint["tls"]
            yield {"host": host["host"], "ip": endpoint["ip"],
                   "secured": endpoint["starttls"] == "accepted" and bool(tls and tls["chain"])}
        if not host["endpoints"]:
            yield {"host": host["host"], "ip": None, "secured": False}
    if not result["hosts"]:
        yield {"host": None, "ip": None, "secured": False}


def holds(finding, place):
    return finding["mx"] in (None, place["host"]) and finding["ip"] in (None, place["ip"])


def policies(result, findings, host):
    """The policy types that are evaluated for a host."""
    policy = result["mta_sts"]["policy"]
    sts = policy["status"] == "valid" and policy["mode"] != "none"
    dane = any(h["host"] == host and h["dane"]["status"] == "usable" for h in result["hosts"])
    if sts or any(f["policy_type"] == "sts" for f in findings):
        yield "sts"
    if dane or any(f["policy_type"] == "tlsa" and f["mx"] == host for f in findings):
        yield "tlsa"
    if host and not sts and not dane:
        yield "no-policy-found"


def reported(report):
    """The same of a report, read back."""
    counts = {}
    for part in report["policies"]:
        count = counts.setdefault(part["policy"]["policy-type"], Count())
        count.succeeded += part["summary"]["total-successful-session-count"]
        for detail in part["failure-details"]:
            count.failed[detail["result-type"], detail["failure-reason-code"],
                         detail.get("receiving-mx-hostname"), detail.get("receiving-ip")] += \
                detail["failed-session-count"]
    return counts
