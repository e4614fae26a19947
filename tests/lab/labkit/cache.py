"""What is slow to make and good for a day: certificates, staples and signed zones."""
import datetime
import hashlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from . import odd_pki, pki, tlsa, zones
from .table import LAB, TABLE, second_name

MAKERS = ("cache", "odd_pki", "pki", "table", "tlsa", "zones")  # the code that decides what is made
GOOD_FOR_S = 20 * 3600
PROFILES = {**pki.PROFILES, **odd_pki.PROFILES}


class Certificates:
    """The chains of all hosts and policy hosts, by host name."""

    def __init__(self, table):
        now = datetime.datetime.utcnow().replace(microsecond=0)
        self.ca = pki.Authority(now)
        self.chains = {}
        for host in table.hosts.values():
            if host.server != "none" and not host.cname:
                names = [host.name] + host.names
                self.chains[host.name] = PROFILES[host.certificate](self.ca, *names)
            if host.second:
                self.chains[second_name(host)] = PROFILES[host.second](self.ca, *names)
        for domain in table.domains:
            if domain.policy and domain.policy.server in ("nginx", "fault"):
                name = f"mta-sts.{domain.name}"
                self.chains[name] = PROFILES[domain.policy.certificate](self.ca, name)

    def tlsa(self, host):
        return [tlsa.record(text, self.chains.get(host.name), self.ca,
                            self.chains.get(second_name(host))) for text in host.tlsa]

    def write(self, table, directory):
        directory.mkdir()
        (directory / "ca.pem").write_bytes(self.ca.root.certificate.public_bytes(pki.PEM))
        (directory / "crl.pem").write_bytes(self.ca.crls())
        for name, chain in self.chains.items():
            (directory / f"{name}.key").write_bytes(chain.key_pem())
            (directory / f"{name}.crt").write_bytes(chain.chain_pem())
        for host in table.hosts.values():
            if host.staple:
                response = pki.staple(self.ca, self.chains[host.name], host.staple == "revoked")
                (directory / f"{host.name}.ocsp").write_bytes(response)


def key_of():
    """Changes with the table and with the code that makes what is kept."""
    digest = hashlib.sha256()
    makers = [LAB / "labkit" / f"{name}.py" for name in MAKERS]
    for path in sorted(TABLE.glob("*.toml")) + makers:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def obtain(table, root):
    """The directory of certificates (pki/) and zones (zones/), made anew when stale."""
    root.mkdir(parents=True, exist_ok=True)
    home = root / key_of()
    if fresh(home):
        return home
    making = Path(tempfile.mkdtemp(dir=root, prefix="making."))
    try:
        certificates = Certificates(table)
        certificates.write(table, making / "pki")
        (making / "zones").mkdir()
        zones.build(table, certificates, making / "zones")
        (making / "made.json").write_text(json.dumps({"at": time.time()}))
        replace(making, home, root)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return home


def fresh(home):
    try:
        made_at = json.loads((home / "made.json").read_text())["at"]
    except (OSError, ValueError, KeyError):
        return False
    return 0 <= time.time() - made_at < GOOD_FOR_S


def replace(making, home, root):
    """Puts the new directory in place; whoever comes second throws his own away."""
    for old in root.iterdir():
        if old.is_dir() and old != making and (old / "made.json").exists() and not fresh(old):
            shutil.rmtree(old, ignore_errors=True)
    try:
        os.rename(making, home)
    except OSError:
        if not fresh(home):
            raise
