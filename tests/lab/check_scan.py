#!/usr/bin/python3
"""scan against the lab: what check finds, in another way.

    lab run -- check_scan.py

One list of all domains of the table, with everything that a list may have, is scanned; every domain
must have the findings of the table. Then the same list is scanned with interruptions: killed at
several moments and gone on with, and interrupted by a signal; in the end each domain must have one
whole line. What is on an exclude list must see no connection.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from check_findings import differences  # noqa: E402
from labkit import program, table  # noqa: E402

MALFORMED = ["not a domain", "user@example.com", "http://example.com/"]
bad = 0


def complain(text):
    global bad
    bad += 1
    print(text)


def command(*options):
    """`scan` with the options of the lab; its hosts lie in private networks."""
    check = program.command([])
    return [check[0], "scan", *check[4:], "--allow-private", "--progress=never",
            "--per-host=20", *options]


def write_list(path, names):
    """Every way in which a list may name a domain, in turn, and what is none between them."""
    forms = ["{}", "{}\r", "  {}  ", "{}.", "{} # a comment", "7,{}", "{upper}"]
    lines = ["# the lab", ""]
    for number, name in enumerate(names):
        lines.append(forms[number % len(forms)].format(name, upper=name.upper()))
    lines += names[:5]  # duplicates
    for number, text in enumerate(MALFORMED):
        lines.insert(20 * (number + 1), text)
    path.write_text("\n".join(lines))
    return [number for number, line in enumerate(lines, 1) if line in MALFORMED]


def by_domain(lines, what):
    """The objects by domain; every line whole, every domain once."""
    objects = {}
    for line in lines:
        result = json.loads(line)
        if result["domain"] in objects:
            complain(f"{what}: {result['domain']} twice")
        objects[result["domain"]] = result
    return objects


def same_domains(objects, domains, what):
    for name in sorted({d.name for d in domains} ^ set(objects)):
        complain(f"{what}: {name} is " + ("too much" if name in objects else "missing"))


def check_findings(domains, path, validator):
    numbers = write_list(path, [d.name for d in domains])
    run = subprocess.run(command(str(path)), capture_output=True, text=True)
    if run.returncode != 3:  # the malformed lines
        complain(f"exit status {run.returncode}, expected 3")
    told = [line.split(":")[1] for line in run.stderr.splitlines()]
    if told != [f" line {number}" for number in numbers]:
        complain(f"malformed lines told: {told}, expected {numbers}")
    objects = by_domain(run.stdout.splitlines(), "scan")
    same_domains(objects, domains, "scan")
    for domain in domains:
        lines = list(differences(domain, objects[domain.name], validator)) \
            if domain.name in objects else []
        if lines:
            complain("\n    ".join([f"{domain.name}: {domain.about}", *lines]))


def check_killed(domains, path, output):
    """SIGKILL at moments of its choice; --resume goes on; a torn line is none."""
    kills = 0
    for size in (1, 5, 30, 90):
        run = subprocess.Popen(command("--output", str(output), "--resume", "--threads=2",
                                       "--concurrency=40", str(path)), stderr=subprocess.DEVNULL)
        while run.poll() is None and \
                (not output.exists() or output.read_bytes().count(b"\n") < size):
            time.sleep(0.005)
        if run.poll() is None:
            run.kill()
            kills += 1
        run.wait()
        with open(output, "ab") as torn:
            torn.write(b'{"schema":"mxprobe.result/1","domain":"torn.te')
    if not kills:
        complain("killed: it was never under way")
    status = subprocess.run(command("--output", str(output), "--resume", str(path)),
                            stderr=subprocess.DEVNULL).returncode
    if status != 3:
        complain(f"killed: exit status {status} in the end, expected 3")
    same_domains(by_domain(output.read_text().splitlines(), "killed"), domains, "killed")


def check_interrupted(domains, path, output):
    arguments = [argument for argument in command("--output", str(output), "--concurrency=40",
                                                  str(path)) if "--progress" not in argument]
    run = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    while not output.exists() or output.read_bytes().count(b"\n") < 10:
        time.sleep(0.01)
    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    err = run.communicate()[1]
    if time.monotonic() - began > 2:
        complain(f"interrupted: it took {time.monotonic() - began:.1f} s to end")
    if run.returncode != -signal.SIGINT:
        complain(f"interrupted: status {run.returncode}")
    resume = [line.strip() for line in err.splitlines() if " --resume " in line]
    if not resume:
        complain(f"interrupted: no command that goes on:\n{err}")
        return
    going_on = resume[0][resume[0].index(arguments[0]):]
    status = subprocess.run(["sh", "-c", going_on + " --progress=never"],
                            stderr=subprocess.DEVNULL).returncode
    if status != 3:
        complain(f"interrupted: exit status {status} in the end, expected 3")
    same_domains(by_domain(output.read_text().splitlines(), "interrupted"), domains,
                 "interrupted")


def check_excluded(domains, path, exclude):
    """A domain, an MX host and a network; each leaves what it names alone, and the rest be."""
    sound = [d for d in domains if d.verdict == "ok" and not d.options][:3]
    hosts = {}
    run = subprocess.run(command(str(path)), capture_output=True, text=True)
    for result in by_domain(run.stdout.splitlines(), "exclude").values():
        hosts[result["domain"]] = result["hosts"]
    one, two, three = (d.name for d in sound)
    address = hosts[three][0]["endpoints"][0]["ip"]
    exclude.write_text(f"{one}\n{hosts[two][0]['host']}\n{address}/32\n")
    path.write_text("\n".join([one, two, three]))
    run = subprocess.run(command(f"--exclude={exclude}", str(path)), capture_output=True, text=True)
    for result in by_domain(run.stdout.splitlines(), "exclude").values():
        reasons = [f["reason"] for f in result["findings"] if f["mx"] or result["domain"] == one]
        touched = [e for host in result["hosts"] for e in host["endpoints"] if e["banner"]]
        if "target_excluded" not in reasons or \
                (touched and len(result["hosts"]) == 1 and len(result["hosts"][0]["endpoints"]) == 1):
            complain(f"exclude: {result['domain']}: {reasons}, {len(touched)} sessions")
    if run.returncode != 0:
        complain(f"exclude: exit status {run.returncode}, expected 0")


def main():
    program.need_lab()
    schema = json.loads((HERE.parent.parent / "docs" / "result.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    domains = [d for d in program.in_time(program.present(table.load()))
               if not d.options and not d.text]
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        path = directory / "list"
        check_findings(domains, path, validator)
        quick = [d for d in domains if d.verdict in ("ok", "fail")]
        write_list(path, [d.name for d in quick])
        check_killed(quick, path, directory / "killed.jsonl")
        check_interrupted(quick, path, directory / "interrupted.jsonl")
        path.write_text("\n".join(d.name for d in quick if d.verdict == "ok"))
        check_excluded(quick, path, directory / "exclude")
    print(f"{len(domains)} domains, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
