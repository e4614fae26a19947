"""A resolver that stops answering in mid-run, and comes back."""
import time

from labkit.cases import case, holds, same

from .stage import (Scan, Stage, Watch, by_domain, command, domains_on, either,
                    pause_servers_of_names, same_set, write_list)

GROWTH_KIB = 16 * 1024
WORD = "the resolver does not keep up"
NO_TURN = "too many DNS questions were waiting"


def is_about_the_resolver(finding):
    """No answer; or, twice, no turn to ask, since those before had no answer."""
    return finding["reason"] == "dns_temporary_failure" or \
        (finding["reason"] == "probe_error" and NO_TURN in finding["detail"])


def is_right(domain, result, reachable):
    """The truth, or that the DNS did not answer; never anything else about the domain."""
    if result["verdict"] == "unknown":
        return any(is_about_the_resolver(finding) for finding in result["findings"])
    if domain in reachable:
        return result["verdict"] == "ok"
    return result["mx"]["status"] == "nxdomain"


def mixed(count):
    """Names that do not exist, and a domain on a host after every nine of them."""
    reachable = domains_on(either(200, 2000), count // 10)
    names = []
    for number in range(count):
        names.append(reachable[number // 10] if number % 10 == 9 else f"n{number:07d}.test")
    return names, set(reachable)


def rate(watch, since_s, until_s):
    """Bytes of output a second between two moments."""
    seen = [(at, size) for at, size, _, _ in watch.seen if since_s <= at <= until_s]
    holds("looks", len(seen) > 1, (since_s, until_s))
    return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])


def run_with_outage(scan, watch, size_before, pause_s):
    """Returns when the outage began and ended, in seconds from the start of the scan."""
    while watch.progress() < size_before and scan.process.poll() is None:
        time.sleep(0.02)
    stopped_s = time.monotonic() - scan.began
    pause_servers_of_names(True)
    try:
        time.sleep(pause_s)
    finally:
        pause_servers_of_names(False)
    holds("it was in mid-run", scan.process.poll() is None)
    return stopped_s, time.monotonic() - scan.began


@case()
def a_resolver_that_stops_for_a_while_spoils_only_what_waited_for_it():
    names, reachable = mixed(either(30_000, 300_000))
    out = Stage.directory / "outage.jsonl"
    # In short no more questions than may be under way, or a further try would take its time.
    quick = either(["--timeout", "2", "--concurrency", "80"], [])
    with open(out, "wb") as file:
        scan = Scan(command(Stage.servers.sink(), *quick,
                            write_list("outage.list", names)), stdout=file)
    watch = Watch(scan, lambda: out.stat().st_size, every_s=0.25)
    stopped_s, back_s = run_with_outage(scan, watch, len(names) * 300, either(5, 60))
    same("exit status", scan.wait(), 0)
    results = by_domain(out.read_bytes())
    out.unlink()
    same_set("answered", results, names)
    wrong = [(domain, result["verdict"], [f["reason"] for f in result["findings"]])
             for domain, result in results.items() if not is_right(domain, result, reachable)]
    same("wrong results", (len(wrong), wrong[:3]), (0, []))
    hit = sum(result["verdict"] == "unknown" for result in results.values())
    before = max(resident for at, _, resident, _ in watch.seen if at <= stopped_s)
    during = max(resident for at, _, resident, _ in watch.seen if at > stopped_s)
    size = watch.seen[-1][1]
    most_s = next(at for at, done, _, _ in watch.seen if done > 0.9 * size)
    fast, later = rate(watch, 0, stopped_s), rate(watch, back_s, most_s)
    print(f"    {hit} of {len(names)} domains without an answer; {before / 1024:.0f} MiB before, "
          f"{during / 1024:.0f} after; the rate after it {later / fast:.2f} of that before")
    holds("somebody was hit", 0 < hit < len(names) / 5, hit)
    holds("it is said", WORD in scan.said(), scan.said()[-300:])
    holds("nothing else is said", all(line.startswith("mxprobe: " + WORD)
                                      for line in scan.said().splitlines()), scan.said()[-300:])
    holds("memory is bounded", Stage.sanitized or during - before < GROWTH_KIB, (before, during))
    holds("the rate recovers", later > fast / 4, later / fast)
