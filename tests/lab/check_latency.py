#!/usr/bin/python3
"""One domain, cold: process start to last byte within its longest chain of round trips and 50 ms.

    lab run -q -- check_latency.py

The mail hosts here are the fault server's, which waits 50 ms before every reply. The chain of one
session, counted by hand from faultd.py ("delay 50", "serve"):

    banner, EHLO, STARTTLS, (the handshake is not delayed,) EHLO inside TLS, QUIT: 5 replies

DNS and the policy fetch are on loopback and run beside it. So it is 250 ms, however many hosts and
domains there are. Limits are those of an optimised build on an idle machine: label `timing`.
"""
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, program  # noqa: E402
from labkit.cases import between, case, same  # noqa: E402
from labkit.invoke import address_of, check, mxprobe, pki  # noqa: E402

DELAY_S, REPLIES, ALLOWED_S = 0.050, 5, 0.050
CHAIN_S = DELAY_S * REPLIES
RUNS = 5
PORT = 2525
DOMAINS = ("good-sts.test", "good-plain.test", "good-testing.test", "tls-rpt-absent.test")


def median_s(run, domains):
    """The median of so many runs; `run` must find nothing wrong."""
    taken = []
    for _ in range(RUNS):
        done = run()
        same("status", done.status, 0)
        same("answers", done.out.count("\n"), domains)
        taken.append(done.elapsed_s)
    return statistics.median(taken)


@contextlib.contextmanager
def slow_servers(domains):
    """The fault server at the MX hosts' own addresses, on another port and with its delay."""
    listeners = [{"name": f"mx.{domain}", "address": address_of(f"mx.{domain}"), "port": PORT,
                  "chain": pki(f"mx.{domain}.crt"), "key": pki(f"mx.{domain}.key"),
                  "script": [f"delay {int(DELAY_S * 1000)}", "serve"]} for domain in domains]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump(listeners, config)
        config.flush()
        server = subprocess.Popen([sys.executable, str(HERE / "faultd.py"), config.name],
                                  stdout=subprocess.PIPE)
        try:
            same("the fault server", server.stdout.readline(), b"ready\n")
            yield
        finally:
            server.kill()
            server.wait()


@case()
def one_domain():
    got = median_s(lambda: check("--format", "json", "latency.test"), 1)
    between("seconds", CHAIN_S, got, CHAIN_S + ALLOWED_S)


@case()
def one_domain_by_the_trust_store_of_the_system():
    # A store of the usual size, the lab's root among it: loaded while the servers take their time.
    with tempfile.NamedTemporaryFile("wb", suffix=".pem") as store:
        for path in ("/etc/ssl/certs/ca-certificates.crt", os.environ["LAB_CA"]):
            with contextlib.suppress(FileNotFoundError):
                store.write(Path(path).read_bytes())
        store.flush()
        system = {"SSL_CERT_FILE": store.name, "SSL_CERT_DIR": "/nonexistent"}
        got = median_s(lambda: mxprobe("check", "--format", "json", "latency.test",
                                       environment=system), 1)
    between("seconds", CHAIN_S, got, CHAIN_S + ALLOWED_S)


@case()
def many_domains_take_no_longer_than_one():
    options = ("--format", "json", "--port", str(PORT))
    with slow_servers(DOMAINS):
        one = median_s(lambda: check(*options, DOMAINS[0]), 1)
        many = median_s(lambda: check(*options, *DOMAINS), len(DOMAINS))
    between("seconds for one", CHAIN_S, one, CHAIN_S + ALLOWED_S)
    between(f"seconds for {len(DOMAINS)}", CHAIN_S, many, CHAIN_S + ALLOWED_S)


if __name__ == "__main__":
    program.need_lab()
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
