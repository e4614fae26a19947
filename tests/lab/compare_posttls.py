#!/usr/bin/python3
"""Compares mxprobe's deliveries with what Postfix's posttls-finger does with the same hosts.

    lab run -q -- compare_posttls.py [--table] [DOMAIN…]

Level dane is held against the delivery of a DANE sender, level secure (with the policy's patterns)
against that of an MTA-STS sender where a policy is enforced. posttls-finger judges one host, so
domains with several are left out, and those of which nothing is to be learnt. Where Postfix does
otherwise, the table says so and why (posttls = { LEVEL = what Postfix does, why = … }); such an
entry without a difference fails too. { left_out = why } is for what Postfix does by chance.

With --table the table's own expectations stand in for mxprobe, to test the table.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import program, table  # noqa: E402

SENDER_OF = {"dane": 2, "secure": 1}
SENDER_NAMES = ("opportunistic", "mta_sts", "dane")


def levels(domain):
    """The levels at which posttls-finger can judge the domain."""
    if len(domain.mx) != 1 or not domain.hosts() or domain.options or domain.verdict == "unknown":
        return
    if "left_out" in domain.posttls:
        return
    yield "dane"
    if domain.policy and domain.policy.mode == "enforce":
        yield "secure"


def finger(domain, level):
    """What Postfix makes of it: verified, unverified (TLS all the same), or none."""
    command = ["posttls-finger", "-c", "-t", "3", "-T", "8", "-l", level, "-F",
               os.environ["LAB_CA"], domain.name]
    if level == "secure":
        command += [pattern.removeprefix("*") for pattern in domain.policy.mx]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace")
    words = run.stdout + run.stderr
    found = re.search(r"(\w+) TLS connection established", words)
    # TLS 1.3 tells the client only afterwards that its certificate was missed.
    if not found or "SSL alert number" in words:
        return "none", words
    return ("verified" if found.group(1) == "Verified" else "unverified"), words


def wanted(delivery, authenticated):
    """The same from the delivery of mxprobe; `authenticated`: a policy demands it."""
    if delivery == "tls":
        return {"verified"} if authenticated else {"verified", "unverified"}
    if delivery == "unauthenticated-tls":
        return {"unverified"}
    if delivery == "defer" and authenticated:
        return {"unverified", "none"}
    return {"none"}


def compare(domain, level, delivery, dane_usable):
    """None, or a line about the difference."""
    got, words = finger(domain, level)
    authenticated = level == "secure" or dane_usable
    agreed = got in wanted(delivery, authenticated)
    listed = domain.posttls.get(level)
    if listed:
        if agreed:
            return f"{domain.name} {level}: listed as a difference, and there is none"
        return None if got == listed else f"{domain.name} {level}: {got}, listed as {listed}"
    if agreed:
        return None
    return (f"{domain.name} {level}: Postfix {got}, mxprobe {delivery}\n    "
            + "\n    ".join(words.strip().splitlines()[-4:]))


def judgements(domains, from_table):
    """(deliveries, is TLSA usable) by domain, from the program or from the table."""
    if from_table:
        hosts = table.load().hosts
        return {d.name: (d.delivery, table_usable(d, hosts)) for d in domains}
    objects, _, err = program.results([d.name for d in domains])
    if len(objects) != len(domains):
        sys.exit(f"{len(objects)} answers for {len(domains)} domains\n{err[-2000:]}")
    return {name: ([result["delivery"][sender] for sender in SENDER_NAMES],
                   any(host["dane"]["status"] == "usable" for host in result["hosts"]))
            for name, result in objects.items()}


def table_usable(domain, hosts):
    host = hosts[domain.hosts()[0]]
    host = hosts[host.cname] if host.cname else host
    usable = any(re.match(r"[23] [01] [012] (?!short)", text) for text in host.tlsa)
    return usable and ".insecure." not in host.name and "dnssec" not in str(domain.findings)


def main(argv):
    program.need_lab()
    from_table = "--table" in argv
    names = [name for name in argv if name != "--table"]
    domains = [d for d in program.present(table.load())
               if list(levels(d)) and (not names or d.name in names)]
    judged = judgements(domains, from_table)
    pairs = [(d, level) for d in domains for level in levels(d)]
    with ThreadPoolExecutor(8) as pool:
        lines = list(pool.map(
            lambda pair: compare(*pair, judged[pair[0].name][0][SENDER_OF[pair[1]]],
                                 judged[pair[0].name][1]), pairs))
    differences = [line for line in lines if line]
    print(*differences, f"{len(pairs)} comparisons, {len(differences)} differences", sep="\n")
    return 1 if differences or not pairs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
