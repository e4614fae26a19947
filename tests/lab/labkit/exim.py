"""Exim beside Postfix: their packages conflict, so Exim is unpacked, not installed."""
import os
import shutil
import subprocess
import time
from pathlib import Path

RETRY_AFTER_S = 3600
PACKAGES = ["exim4-daemon-light", "libidn12", "libgnutls-dane0", "libnsl2", "libdb5.3",
            "libpcre2-8-0", "libunbound8"]


def find(root):
    """Path of a script that runs Exim, unpacked into ROOT/exim with apt; None when it cannot be
    had. LAB_EXIM names an Exim that is there already, or is empty for none."""
    if "LAB_EXIM" in os.environ:
        return Path(os.environ["LAB_EXIM"]) if os.environ["LAB_EXIM"] else None
    home = root / "exim"
    runner = home / "exim"
    if not runner.exists() and not lately_in_vain(home):
        unpack(home, runner)
    return runner if runner.exists() else None


def lately_in_vain(home):
    """Was the download tried within the hour? Without a network that takes its time."""
    try:
        return time.time() - home.stat().st_mtime < RETRY_AFTER_S
    except OSError:
        return False


def unpack(home, runner):
    shutil.rmtree(home, ignore_errors=True)
    debs = home / "debs"
    debs.mkdir(parents=True)
    wanted = [p for p in PACKAGES if p.startswith("exim") or not installed(p)]
    if subprocess.run(["apt-get", "download", *wanted], cwd=debs, capture_output=True).returncode:
        return
    for deb in debs.glob("*.deb"):
        subprocess.run(["dpkg", "-x", deb, home / "unpacked"], check=True)
    libraries = ":".join(str(p) for p in (home / "unpacked/usr/lib").glob("*-linux-gnu*"))
    draft = home / "exim.draft"
    draft.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries}" '
                     f'exec "{home}/unpacked/usr/sbin/exim4" "$@"\n')
    draft.chmod(0o755)
    draft.rename(runner)


def installed(package):
    run = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
                         capture_output=True, text=True)
    return run.stdout == "installed"
