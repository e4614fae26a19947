#!/usr/bin/python3
"""When the trust anchors are read: once at most, and never where no handshake succeeded.

    lab run -q -- check_trust_store.py

Reading the system's store costs more CPU than all else that the program does for a domain. strace
counts how often each of its files is opened; SSL_CERT_FILE and SSL_CERT_DIR make a bundle and a
directory of the test's own the system's store.
"""
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, program  # noqa: E402
from labkit.cases import case, holds, same  # noqa: E402
from labkit.invoke import mxprobe, pki  # noqa: E402

CANNOT_RUN = 77

# Each with no policy to fetch, for a policy host has a certificate to be judged as well.
WITHOUT_A_HANDSHAKE = (
    ("no-such-domain.test",), ("null-mx.test",), ("lame.test",), ("mx-no-address.test",),
    ("-6", "dual-stack.test"),                      # connection refused
    ("unreachable.test",), ("--connect-timeout", "1", "lost.test"),
    ("banner-450.test",), ("banner-close.test",), ("no-starttls.test",), ("starttls-250.test",),
    ("plaintext-behind-220.test",), ("handshake-reset.test",), ("alert-40-dane.test",),
    ("--no-allow-private", "good-sts.test"),
)


@contextlib.contextmanager
def store(in_a_directory=False):
    """A system store with the root of the lab and another: its environment and its place."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        bundle, directory = home / "bundle.pem", home / "certs"
        directory.mkdir()
        anchors = [Path(os.environ["LAB_CA"]), Path(pki("mx.self-signed.test.crt"))]
        if in_a_directory:
            for number, path in enumerate(anchors):
                shutil.copy(path, directory / f"anchor{number}.pem")
            subprocess.run(["openssl", "rehash", str(directory)], check=True)
        else:
            bundle.write_text("".join(path.read_text() for path in anchors))
        yield {"SSL_CERT_FILE": str(bundle), "SSL_CERT_DIR": str(directory)}, home


def opened(*arguments, environment=None, below):
    """How often each file below a directory was opened, and the run itself."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        # A leak checker traces the program itself, and cannot where strace does already.
        quiet = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
        run = mxprobe("check", "--format", "json", *arguments,
                      environment={**quiet, **(environment or {})},
                      prefix=("strace", "-f", "-qq", "-e", "trace=open,openat,openat2", "-o",
                              log.name))
        calls = re.findall(r'open(?:at2?)?\((?:[^,"]*, )?"([^"]+)"(.*)\) = \d+', log.read())
    return Counter(path for path, flags in calls
                   if path.startswith(f"{below}/") and "O_DIRECTORY" not in flags), run


@case()
def not_read_where_no_handshake_succeeded():
    for arguments in WITHOUT_A_HANDSHAKE:
        with store() as (environment, home):
            counts, run = opened(*arguments, environment=environment, below=home)
        protocols = [e["tls"] for r in run.results() for h in r["hosts"] for e in h["endpoints"]]
        same(f"{arguments}: handshakes", [tls for tls in protocols if tls], [])
        same(f"{arguments}: opened", counts, Counter())


@case()
def bundle_is_read_once():
    for domains in (("good-plain.test",), ("good-sts.test",),
                    ("good-sts.test", "two-hosts.test", "good-testing.test", "expired.test",
                     "self-signed.test", "good-dane.test", "no-starttls.test")):
        with store() as (environment, home):
            counts, run = opened(*domains, environment=environment, below=home)
        same(f"{domains}: opened", counts, Counter({environment["SSL_CERT_FILE"]: 1}))
        same("trusted", run.results()[0]["hosts"][0]["endpoints"][0]["tls"]["trusted"], True)


@case()
def each_file_of_a_directory_is_read_once():
    for domains in (("good-plain.test",), ("good-sts.test", "two-hosts.test", "good-testing.test",
                                           "self-signed.test")):
        with store(in_a_directory=True) as (environment, home):
            counts, run = opened(*domains, environment=environment, below=home)
        holds(f"{domains}: read at all", counts, "nothing")
        same(f"{domains}: most for one file", max(counts.values()), 1)
        same("trusted", run.results()[0]["hosts"][0]["endpoints"][0]["tls"]["trusted"], True)


@case()
def ca_file_and_crl_file_are_read_once_and_those_of_the_system_not_at_all():
    files = ("--ca-file", os.environ["LAB_CA"], "--crl-file", pki("crl.pem"))
    for options in (files[:2], files):
        counts, run = opened(*options, "good-sts.test", "two-hosts.test", below=Path(pki("")))
        same(f"{options}: opened", {Path(path).name: n for path, n in counts.items()},
             {Path(path).name: 1 for path in options[1::2]})
        same("status", run.status, 0)
        with store() as (environment, home):
            counts, _ = opened(*options, "good-sts.test", environment=environment, below=home)
        same(f"{options}: the system's", counts, Counter())


if __name__ == "__main__":
    program.need_lab()
    if not shutil.which("strace"):
        print("left out: no strace here")
        sys.exit(CANNOT_RUN)
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
