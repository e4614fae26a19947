#!/usr/bin/python3
"""The hostile and the sick of the lab, each alone and then all of them at once.

    lab run -q -- check_hostile.py [WORD…]

Alone: what the table says, within the deadline, in 64 MiB at most. At once: a thousand sessions of
one process stand in front of one gate of the fault server; when the last has come it opens, and
every server does its worst. (With fewer in flight it would stay shut, and every banner be waited
for in vain.) Each domain must still get its own finding, in time, and the whole must keep to 25 MB
and 70 kB a probe in flight, and a tenth.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from check_findings import differences, expected_status  # noqa: E402
from labkit import cases, crowd, program  # noqa: E402
from labkit.cases import case, holds, same  # noqa: E402
from labkit.invoke import lab_table  # noqa: E402

KIB = 1024
ALONE_MAX_KIB = 64 * KIB
SESSIONS = 1000
AT_ONCE_MAX_KIB = (25_000_000 + 70_000 * SESSIONS) * 1.1 / KIB
# How much slower all may be.
PATIENCE = float(os.environ.get("LAB_PATIENCE", "2" if program.sanitized() else "1"))
TIMEOUT_S, CONNECT_S, DEADLINE_S = 5 * PATIENCE, 3 * PATIENCE, 30 * PATIENCE
CROWD_TIMEOUT_S, CROWD_DEADLINE_S = 20 * PATIENCE, 100 * PATIENCE
MARGIN_S = 5 * PATIENCE
AT_A_TIME = 6
GREEDY = 40  # with 512 endpoints each more than there are descriptors for


class Validator:
    """Objects fit the schema: lab.findings holds them against it."""

    @staticmethod
    def iter_errors(_):
        return ()


def is_hostile(domain):
    """Something about it is not what a sound server or name server would do."""
    hosts = [lab_table().hosts[name] for name in domain.hosts()]
    served = [host.server for host in hosts] + [domain.policy.server if domain.policy else ""]
    return "fault" in served or domain.section in crowd.SECTIONS


def run(names, options, deadline_s, sample=None):
    """(exit status, objects, seconds, peak KiB) of one check of the names.

    The peak is never under what Python itself had when it started the child (some 28 MiB).
    """
    command = program.command(names, options)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        while True:
            pid, status, usage = os.wait4(child.pid, 0 if sample is None else os.WNOHANG)
            elapsed_s = time.monotonic() - began
            if pid:
                break
            sample(child.pid)
            if elapsed_s > deadline_s + 2 * MARGIN_S:
                child.kill()
            time.sleep(0.1)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        same("standard error", err.read().decode("utf-8", "replace"), "")
        objects = [json.loads(line) for line in out.read().decode().splitlines()]
    return child.returncode, objects, elapsed_s, usage.ru_maxrss


def alone(domain):
    """Lines that say what is wrong with one check of the domain, and what it took."""
    options = ["--timeout", str(TIMEOUT_S), "--connect-timeout", str(CONNECT_S), "--deadline",
               str(DEADLINE_S), *domain.options]
    status, objects, elapsed_s, peak_kib = run([domain.name], options, DEADLINE_S)
    same("answers", len(objects), 1)
    lines = list(differences(domain, objects[0], Validator))
    if status != expected_status([domain]):
        lines.append(f"exit status {status}")
    if elapsed_s > DEADLINE_S + MARGIN_S:
        lines.append(f"{elapsed_s:.1f} s, with a deadline of {DEADLINE_S} s")
    if peak_kib > ALONE_MAX_KIB and not program.sanitized():
        lines.append(f"{peak_kib} KiB")
    return [f"{domain.name}: {line}" for line in lines], elapsed_s, peak_kib, domain.name


@case()
def each_alone_is_found_out_in_time_and_in_64_mib():
    hostile = [domain for domain in program.present(lab_table()) if is_hostile(domain)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        taken = list(pool.map(alone, hostile))
    print(f"    {len(taken)} domains; the longest: {max(t[1:] for t in taken)}; the largest: "
          f"{max(t[2:] for t in taken)} KiB")
    same("differences", [line for t in taken for line in t[0]], [])
    holds("a hundred or more", len(taken) >= 100, len(taken))


@case()
def a_thousand_at_once_each_get_their_own_finding():
    members = crowd.assemble(program.present(lab_table()), SESSIONS)
    options = ["--port", str(crowd.PORT), "--timeout", str(CROWD_TIMEOUT_S), "--connect-timeout",
               str(CROWD_TIMEOUT_S), "--deadline", str(CROWD_DEADLINE_S)]
    descriptors = []
    with crowd.servers(members, SESSIONS):
        status, objects, elapsed_s, peak_kib = run(
            [member.name for member in members], options, CROWD_DEADLINE_S,
            lambda pid: descriptors.append(len(os.listdir(f"/proc/{pid}/fd"))))
    longest_ms = max(result["elapsed_ms"] for result in objects)
    print(f"    {len(members)} domains, {max(descriptors)} descriptors, {peak_kib} KiB, "
          f"{elapsed_s:.1f} s, the longest {longest_ms} ms")
    same("answers", [result["domain"] for result in objects], [m.name for m in members])
    wrong = [f"{member.name}: {line}" for member, result in zip(members, objects)
             for line in differences(member, result, Validator)]
    same("differences", wrong, [])
    same("exit status", status, expected_status(members))
    holds("in time", max(elapsed_s, longest_ms / 1000) <= CROWD_DEADLINE_S + MARGIN_S, elapsed_s)
    if not program.sanitized():
        holds(f"{AT_ONCE_MAX_KIB:.0f} KiB at most", peak_kib <= AT_ONCE_MAX_KIB, peak_kib)


@case()
def those_that_take_all_descriptors_leave_some_to_others():
    greedy = [f"{number}.greedy.test" for number in range(GREEDY)]
    options = ["--connect-timeout", "2", "--deadline", str(DEADLINE_S)]
    status, objects, elapsed_s, _ = run([*greedy, "good-plain.test"], options, DEADLINE_S)
    reasons = {finding["reason"] for result in objects for finding in result["findings"]}
    print(f"    {GREEDY} domains of 512 endpoints, {elapsed_s:.1f} s")
    same("the sound one", objects[-1]["verdict"], "ok")
    holds("no trouble of our own", "probe_error" not in reasons, reasons)
    holds("the packets vanish", "connection_timeout" in reasons, reasons)
    same("exit status", status, 3)
    holds("in time", elapsed_s <= DEADLINE_S + MARGIN_S, elapsed_s)


if __name__ == "__main__":
    program.need_lab()
    hard = max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 20000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
