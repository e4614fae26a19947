"""The servers, inside the namespace: nsd, and one sink for each set of conditions."""
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import zone

DNS = "127.0.0.53"
READY_WITHIN_S = 60
FIRST_PORT = 25

# One zone, no limit on the rate of answers.
NSD = """server:
  ip-address: {address}
  username: ""
  zonesdir: "{dir}"
  database: ""
  zonelistfile: "{dir}/nsd.zones"
  xfrdfile: "{dir}/nsd.xfrd"
  pidfile: ""
  server-count: 1
  rrl-ratelimit: 0
  hide-version: yes
remote-control:
  control-enable: no
zone:
  name: "test"
  zonefile: "test.zone"
"""


class Sink:
    """One bench_sink, at a port of its own."""

    def __init__(self, programs, directory, port, cpus, hosts, **options):
        self.port, self.hosts = port, hosts
        self.ca = directory / f"roots-{port}.pem"
        argv = [programs / "bench_sink", "--roots", self.ca, "--hosts", hosts, "--port", port]
        for name, value in options.items():
            argv += [f"--{name}", value]
        self.process = subprocess.Popen([str(word) for word in argv], stdout=subprocess.PIPE,
                                        text=True, preexec_fn=lambda: pin(cpus))
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit("bench: the sink does not start")

    def counts(self):
        """What was counted since the last call; "cpu_s" since the start."""
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())


class Farm:
    """Starts nsd at once, a sink when its conditions are first asked for."""

    def __init__(self, programs, directory, plan, cpus):
        self.programs, self.directory, self.plan, self.cpus = programs, directory, plan, cpus
        self.sinks = {}
        zone.write(plan, DNS, directory / "test.zone")
        (directory / "nsd.conf").write_text(NSD.format(address=DNS, dir=directory))
        log = open(directory / "nsd.log", "wb")
        self.nsd = subprocess.Popen(["nsd", "-d", "-c", str(directory / "nsd.conf")], stdout=log,
                                    stderr=log, preexec_fn=lambda: pin(cpus))
        self.wait_for_dns()

    def wait_for_dns(self):
        deadline = time.monotonic() + READY_WITHIN_S
        while not answers():
            if self.nsd.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench: nsd does not answer: "
                                 + (self.directory / "nsd.log").read_text(errors="replace"))
            time.sleep(0.05)

    def sink(self, hosts=None, **options):
        """The sink of these conditions; options are those of bench_sink."""
        key = (hosts, *sorted(options.items()))
        if key not in self.sinks:
            self.sinks[key] = Sink(self.programs, self.directory, FIRST_PORT + len(self.sinks),
                                   self.cpus, hosts or self.plan.hosts, **options)
        return self.sinks[key]


def answers():
    """Asks for the zone's SOA."""
    question = b"\x42\x42\0\0\0\1\0\0\0\0\0\0\4test\0\0\6\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(1)
        try:
            probe.sendto(question, (DNS, 53))
            return probe.recv(512)[3] & 0x0F == 0
        except OSError:
            return False


def pin(cpus):
    os.sched_setaffinity(0, cpus)


def furnish(directory):
    """The namespace from the inside: loopback, a file system of its own, the resolver's address."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # The farm and its clients want more ephemeral ports and longer queues than a desktop.
    for name, value in (("ip_local_port_range", "10000 65000"), ("tcp_max_syn_backlog", "8192")):
        Path(f"/proc/sys/net/ipv4/{name}").write_text(value)
    # The namespace's own interfaces, not those of the machine.
    subprocess.run(["mount", "-t", "sysfs", "mxprobe-sys", "/sys"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "mxprobe-bench", str(directory)],
                   check=True)
    resolv = directory / "resolv.conf"
    resolv.write_text(f"nameserver {DNS}\n")
    subprocess.run(["mount", "--bind", str(resolv), os.path.realpath("/etc/resolv.conf")],
                   check=True)
