"""Starts everything inside the namespaces, runs one command there, and goes."""
import os
import signal
import socket
import subprocess
import sys
import time

from . import dnsd, world
from .table import FAULTY, TABLE

READY_WITHIN_S = 30


class NotReady(Exception):
    pass


def inside(table, directory, made, exim, argv, quiet):
    """Runs as process 1 of the new pid namespace; returns the exit status of `argv`."""
    began = time.monotonic()
    # Neither a Ctrl-C that is meant for the command nor a hang-up may take the lab from under it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    world.furnish(directory, made)
    world.build_network(table)
    world.bind_users(directory)
    plan = world.commands(table, directory, exim)
    world.bind_etc(directory)
    servers = {name: start(name, command, directory) for name, command in plan}
    try:
        wait_ready(list(world.sockets(table, exim)), servers, began + READY_WITHIN_S)
    except NotReady as error:
        print(f"lab: {error}", file=sys.stderr)
        show_logs(directory)
        return 70
    if not quiet:
        print(f"lab: ready after {time.monotonic() - began:.1f} s", file=sys.stderr)
    status = run_command(argv, environment(directory, exim))
    for name, server in servers.items():
        if server.returncode is not None:
            print(f"lab: {name} ended ({server.returncode})", file=sys.stderr)
    if status and not quiet:
        show_logs(directory)
    return status


def start(name, command, directory):
    with open(directory / "log" / name, "ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                start_new_session=True)


def wait_ready(wanted, servers, deadline):
    """Every socket accepts a connection, and the resolver answers with a validated root."""
    for address, port in wanted:
        while not accepts(address, port):
            check_time(f"{address}:{port}", servers, deadline)
    while not resolver_validates():
        check_time("the validating resolver", servers, deadline)


def check_time(what, servers, deadline):
    for name, server in servers.items():
        if server.poll() is not None:
            raise NotReady(f"{name} ended with {server.returncode}")
    if time.monotonic() > deadline:
        raise NotReady(f"{what} is not ready")
    time.sleep(0.02)


def accepts(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def resolver_validates():
    """Asks for the root's SOA with AD set, by hand, and looks for AD in the answer."""
    question = b"\x4d\x58\x01\x20\0\1\0\0\0\0\0\0" + b"\0" + b"\0\6\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(2)
        try:
            probe.sendto(question, (dnsd.RESOLVER, 53))
            answer = probe.recv(4096)
        except OSError:
            return False
    return len(answer) > 12 and answer[3] & 0x20 != 0 and answer[3] & 0x0F == 0


def environment(directory, exim):
    faulty = {f"LAB_RESOLVER_{kind.upper().replace('-', '_')}": address
              for kind, address in FAULTY.items()}
    return dict(os.environ, **faulty, LAB_DIR=str(directory), LAB_CA=f"{directory}/pki/ca.pem",
                LAB_RESOLVER=dnsd.RESOLVER, LAB_RESOLVER_PLAIN=dnsd.PLAIN, LAB_TABLE=str(TABLE),
                LAB_EXIM=exim)


def run_command(argv, env):
    """Runs the command, collecting on the way what orphans end: this is process 1."""
    try:
        child = subprocess.Popen(argv, env=env, preexec_fn=restore_signals)
    except OSError as error:
        print(f"lab: {argv[0]}: {error.strerror}", file=sys.stderr)
        return 127 if isinstance(error, FileNotFoundError) else 126
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            child.returncode = code
            return code if code >= 0 else 128 - code


def restore_signals():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def show_logs(directory):
    for path in sorted((directory / "log").iterdir()):
        lines = path.read_text(errors="replace").splitlines()[-8:]
        if lines:
            print(f"--- {path.name}", *lines, sep="\n", file=sys.stderr)
