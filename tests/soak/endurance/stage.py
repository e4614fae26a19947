"""The stage: a farm inside a namespace, and scans of it that are watched while they run."""
import json
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from benchkit import farm, zone
from labkit.cases import Failed, holds, same

TOP = Path(__file__).resolve().parents[3]
SHORT = zone.Plan(hosts=1000, shared=1000, domains=20000, aliases=80)
LONG = zone.Plan(hosts=10000, shared=2000, domains=160000, aliases=400)
HEAD = b'{"schema":"mxprobe.result/1","domain":"'
TICKS = os.sysconf("SC_CLK_TCK")


class Stage:
    """Set by set_up()."""
    directory = program = programs = servers = plan = None
    long = sanitized = False
    beside = {}  # what goes on beside the cases, by its class


def set_up(directory, long):
    farm.furnish(directory)
    Stage.directory, Stage.long, Stage.plan = directory, long, LONG if long else SHORT
    Stage.program = str(Path(os.environ.get("MXPROBE") or TOP / "build" / "mxprobe").resolve())
    Stage.programs = Path(os.environ.get("BENCH_PROGRAMS") or TOP / "build" / "tests").resolve()
    code = Path(Stage.program).read_bytes()
    Stage.sanitized = b"__asan_init" in code or b"__tsan_init" in code
    Stage.servers = farm.Farm(Stage.programs, directory, Stage.plan, os.sched_getaffinity(0))


def either(short, long):
    return long if Stage.long else short


def domains_on(hosts, count):
    """`count` domains on the first `hosts` mail hosts, as many on each."""
    every = range(count // hosts)
    return [f"d{host + Stage.plan.shared * turn:05d}.test" for turn in every
            for host in range(hosts)]


def write_list(name, domains):
    path = Stage.directory / name
    path.write_text("".join(f"{domain}\n" for domain in domains))
    return path


def command(sink, *options):
    """The argv of a scan of the farm."""
    argv = [Stage.program, "scan", "--resolver", farm.DNS, "--ca-file", sink.ca, "--port",
            sink.port, "--ehlo", "probe.test", "--allow-private", "--threads", 2, *options]
    return [str(word) for word in argv]


class Scan:
    """A run of the program, or of whatever argv is given. Standard error goes to a file."""

    def __init__(self, argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, limits=()):
        def limit():
            for kind, most in limits:
                resource.setrlimit(kind, (most, most))

        self.began = time.monotonic()
        self.errors = tempfile.TemporaryFile(dir=Stage.directory)
        self.process = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=self.errors,
                                        preexec_fn=limit)

    def status_field(self, name):
        """A figure of /proc/PID/status in KiB; None when the process is gone."""
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        found = [line.split()[1] for line in text.splitlines() if line.startswith(name + ":")]
        return int(found[0]) if found else None

    def cpu_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def tell(self, number):
        self.process.send_signal(number)

    def wait(self, within_s=600):
        """Its exit status."""
        try:
            return self.process.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"still running after {within_s} s: {self.said()[-300:]}") from None

    def said(self):
        """Its standard error so far."""
        size = os.fstat(self.errors.fileno()).st_size
        return os.pread(self.errors.fileno(), size, 0).decode()


class Watch(threading.Thread):
    """Looks at a scan now and then: (seconds, progress, resident KiB, most resident KiB)."""

    def __init__(self, scan, progress, every_s=1.0):
        super().__init__(daemon=True)
        self.scan, self.progress, self.every_s, self.seen = scan, progress, every_s, []
        self.start()

    def run(self):
        while self.scan.process.returncode is None:
            resident, most = self.scan.status_field("VmRSS"), self.scan.status_field("VmHWM")
            if resident is not None and most is not None:
                self.seen.append((time.monotonic() - self.scan.began, self.progress(), resident,
                                  most))
            time.sleep(self.every_s)

    def peak_kib(self):
        return max(most for _, _, _, most in self.seen)


def judgement(result):
    """What a result says, without what differs between two looks at the same."""
    findings = [(f["severity"], f["reason"], f["result_type"], f["mx"], f["ip"])
                for f in result["findings"]]
    return result["verdict"], tuple(sorted(findings, key=str))


def by_domain(data):
    """The results by domain: whole lines, and each domain once."""
    holds("ends with a whole line", data == b"" or data.endswith(b"\n"), data[-80:])
    results = {}
    for line in data.splitlines():
        result = json.loads(line)
        holds("answered once", result["domain"] not in results, result["domain"])
        results[result["domain"]] = result
    return results


def same_set(what, got, wanted):
    got, wanted = set(got), set(wanted)
    same(f"{what}: missing, too much", (sorted(wanted - got)[:5], sorted(got - wanted)[:5]),
         ([], []))


def scan_to_file(name, sink, domains, *options, **how):
    """(exit status, results, standard error) of a scan to its end."""
    out = Stage.directory / f"{name}.jsonl"
    listed = write_list(f"{name}.list", domains)
    with open(out, "wb") as file:
        scan = Scan(command(sink, *options, listed), stdout=file, **how)
        status = scan.wait()
    results = by_domain(out.read_bytes())
    out.unlink()
    same_set(name, results, domains)
    return status, results, scan.said()


def pause_servers_of_names(stop):
    """Stops every process of nsd, or lets them go on."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "comm").exists() and \
                (entry / "comm").read_text().startswith("nsd"):
            os.kill(int(entry.name), signal.SIGSTOP if stop else signal.SIGCONT)
