"""docs/lab.md from the table."""

HEAD = """# The lab's domains

Made from `tests/lab/domains.toml` by `tests/lab/lab doc`; do not edit. What each domain of the lab
is for, and what a correct diagnosis of it is: derived by hand from the decision table, never from
a run of the program. `tests/lab/lab run` starts the servers behind them.

A finding reads `severity reason (result type, policy type) host`. Delivery is what an opportunistic
sender, an MTA-STS sender and a DANE sender would do.

| domain | what is there | verdict | delivery | findings |
| --- | --- | --- | --- | --- |
"""


def render(table):
    return HEAD + "".join(row(domain) for domain in table.domains)


def row(domain):
    name = f"`{domain.name}`" + (f" ({domain.text})" if domain.text else "")
    findings = "<br>".join(finding(f) for f in domain.findings) or "none"
    return (f"| {name} | {cell(domain.about)} | {domain.verdict} | {', '.join(domain.delivery)} "
            f"| {findings} |\n")


def finding(entry):
    kind = f" ({entry.result_type}, {entry.policy_type})" if entry.result_type else ""
    where = f" {entry.mx}" if entry.mx else ""
    return f"{entry.severity} `{entry.reason}`{kind}{where}"


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")
