#!/usr/bin/python3
"""Both ways: every reason of the code is in docs/decision-table.md and is expected by a lab domain
or a scenario, and every reason that these expect is one of the code's."""
import re
import sys
import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# In the lab these come from options and shortages (lab.options, lab.scan, cli), not from a domain.
NOT_A_DOMAIN = {"dnssec_not_checked", "family_unavailable", "probe_error", "target_excluded",
                "what_if_unused"}


def code_reasons():
    text = (TOP / "policy/reason.c").read_text()
    return set(re.findall(r'ROW\(\w+,\s*"([a-z_]+)"', text))


def lab_reasons():
    found = set()
    for table in (TOP / "tests/lab/table").glob("*.toml"):
        for domain in tomllib.loads(table.read_text()).get("domain", []):
            found |= {line.split()[1] for line in domain.get("findings", [])}
    return found


def scenario_reasons():
    found = set()
    for scenario in (TOP / "tests/scenarios").glob("*.txt"):
        found |= set(re.findall(r"^expect finding \w+ (\w+)", scenario.read_text(), re.M))
    return found


def main():
    code, lab, scenarios = code_reasons(), lab_reasons(), scenario_reasons()
    document = set(re.findall(r"[a-z]+(?:_[a-z]+)+", (TOP / "docs/decision-table.md").read_text()))
    document |= {"throttled"}
    faults = {
        "no reasons were read": set() if len(code) > 50 else code or {"policy/reason.c"},
        "not in docs/decision-table.md": code - document,
        "no lab domain expects it": code - lab - NOT_A_DOMAIN,
        "no scenario expects it": code - scenarios,
        "expected, and not in policy/reason.c": (lab | scenarios) - code,
        "no exception any more": NOT_A_DOMAIN & lab,
    }
    for what, reasons in faults.items():
        for reason in sorted(reasons):
            print(f"{reason}: {what}")
    return 1 if any(faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
