"""docs/lab.md from the table."""
import itertools

HEAD = """# The lab's domains

Made from `tests/lab/table/` by `tests/lab/lab doc`; do not edit. What each domain of the lab
is for, and what a correct diagnosis of it is: derived by hand from the decision table; for a
few, which tests/lab/README.md names, a reading was settled after the program's answer had been seen.
`tests/lab/lab run` starts the servers behind them.

A finding reads `severity reason (result type, policy type) host`. Delivery is what an opportunistic
sender, an MTA-STS sender and a DANE sender would do.
"""

SECTION = """
## {title}

| domain | what is there | verdict | delivery | findings |
| --- | --- | --- | --- | --- |
"""


def render(table):
    text = HEAD
    for title, domains in itertools.groupby(table.domains, key=lambda domain: domain.section):
        text += SECTION.format(title=title) + "".join(row(domain) for domain in domains)
    return text


def row(domain):
    name = f"`{domain.name}`" + (f" ({domain.text})" if domain.text else "")
    findings = "<br>".join(finding(f) for f in domain.findings) or "none"
    about = cell(domain.about)
    if domain.options:
        about += f" (`{' '.join(domain.options)}`)"
    return (f"| {name} | {about} | {domain.verdict} | {', '.join(domain.delivery)} "
            f"| {findings} |\n")


def finding(entry):
    kind = f" ({entry.result_type}, {entry.policy_type})" if entry.result_type else ""
    where = f" {entry.mx}" if entry.mx else ""
    return f"{entry.severity} `{entry.reason}`{kind}{where}"


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")
