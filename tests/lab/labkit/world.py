"""The namespace from the inside: addresses, routes, and files of /etc bound over."""
import json
import os
import shutil
import subprocess
from pathlib import Path

from . import dnsd, maild, webd
from .table import AUTHORITATIVE, FAULTY, LAB, NGINX

# Everything in 127.0.0.0/8 is local anyway. The other prefixes are made local as a whole: one that
# looks like the public Internet, for what is refused in special-use address space, and one of IPv6.
# The default route leads to a cable without an end, where packets are lost without a word.
NETWORK = """link set lo up
addr add fd6d:7870::1/128 dev lo nodad
route add local 5.5.5.0/24 dev lo
route add local fd6d:7870:1::/64 dev lo
route add local 2a01:4f8:ffff::/64 dev lo
link add lost type veth peer name void
link set lost arp off up
link set void arp off up
addr add 5.5.0.1/32 dev lost
addr add 2a01:4f8:fffe::1/128 dev lost nodad
route add default dev lost
route add ::/0 dev lost
route add unreachable 5.9.9.0/24
"""


def build_network(table):
    Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("0\n")
    # To listen at an IPv6 address takes the address itself, where IPv4 is content with the route.
    addresses = [a for host in table.hosts.values() for a in host.addresses if ":" in a]
    batch = NETWORK + "".join(f"addr add {a}/128 dev lo nodad\n" for a in addresses)
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)


def bind(source, target):
    subprocess.run(["mount", "--bind", str(source), target], check=True)


def bind_etc(directory):
    """In this mount namespace only: the lab's resolver and Postfix configuration."""
    resolv = directory / "resolv.conf"
    resolv.write_text(f"nameserver {dnsd.RESOLVER}\noptions edns0 trust-ad timeout:5\n")
    bind(resolv, os.path.realpath("/etc/resolv.conf"))
    bind(directory / "postfix/etc", "/etc/postfix")


def bind_users(directory):
    """Exim looks its user up by name, and has none where its package is not installed."""
    passwd, group = directory / "passwd", directory / "group"
    shutil.copy("/etc/passwd", passwd)
    shutil.copy("/etc/group", group)
    if "Debian-exim:" not in passwd.read_text():
        with passwd.open("a") as file:
            file.write("Debian-exim:x:64999:64999::/nonexistent:/usr/sbin/nologin\n")
        with group.open("a") as file:
            file.write("Debian-exim:x:64999:\n")
        bind(passwd, "/etc/passwd")
        bind(group, "/etc/group")


def furnish(directory, made):
    """Mounts the lab's own file system at `directory` and copies in what the cache holds."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "mxprobe-lab", str(directory)],
                   check=True)
    for part in ("pki", "zones"):
        shutil.copytree(made / part, directory / part)
    for path in (directory / "pki").iterdir():
        path.chmod(0o644)
    (directory / "log").mkdir(mode=0o777)
    (directory / "log").chmod(0o777)


def fault_config(table, directory):
    """The fault server's listeners: mail hosts, policy hosts and odd resolvers."""
    listeners = [{"resolver": kind, "address": address, "port": 53}
                 for kind, address in FAULTY.items()]
    for host in table.hosts.values():
        if host.server == "fault":
            for address in host.addresses:
                listeners.append(listener(host.name, address, 25, host.script, directory,
                                          backlog_full=host.backlog_full))
    for domain in table.domains:
        if domain.policy and domain.policy.server == "fault":
            listeners.append(listener(f"mta-sts.{domain.name}", domain.policy_address(), 443,
                                      domain.policy.script, directory))
    path = directory / "faultd.json"
    path.write_text(json.dumps(listeners, indent=1))
    return [("faultd", ["/usr/bin/python3", str(LAB / "faultd.py"), str(path)])]


def listener(name, address, port, script, directory, backlog_full=False):
    files = {kind: f"{directory}/pki/{name}.{suffix}"
             for kind, suffix in (("chain", "crt"), ("key", "key"), ("staple", "ocsp"))}
    return {"name": name, "address": address, "port": port, "script": script,
            "backlog_full": backlog_full, **files}


def commands(table, directory, exim):
    """Every server's configuration, written; [(name, argv)] to be started."""
    return (dnsd.configure(table, directory) + webd.configure(table, directory)
            + maild.configure_postfix(table, directory)
            + maild.configure_exim(table, directory, exim) + fault_config(table, directory))


def sockets(table, exim):
    """(address, port) of what must accept before the lab is ready.

    Of Postfix only the last listener: its master binds them in order, and every connection would
    start a process. Exim binds all of its addresses before it accepts anywhere.
    """
    yield from ((address, 53) for address in (AUTHORITATIVE, dnsd.RESOLVER, dnsd.PLAIN))
    yield NGINX, 443
    hosts = [host for host in table.hosts.values() if host.addresses]
    for server in ("postfix", "exim") if exim else ("postfix",):
        last = [host for host in hosts if host.server == server][-1]
        yield last.addresses[-1], 25
    for host in hosts:
        if host.server == "fault" and not host.backlog_full:
            yield from ((address, 25) for address in host.addresses)
    for domain in table.domains:
        if domain.policy and domain.policy.server == "fault":
            yield domain.policy_address(), 443
