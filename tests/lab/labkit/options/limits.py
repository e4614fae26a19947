"""How long the program waits: for a connection, for a phase, for a whole domain."""
from ..cases import between, case, holds, same
from ..invoke import check, finding, reasons
from ..listeners import MailServer

SLACK_S = 2.5  # for a busy machine and a program built with sanitizers


def timed(domain, *options):
    run = check("--format", "json", *options, domain)
    return run.results()[0], run.elapsed_s


@case("--connect-timeout")
def connect_timeout_bounds_the_connect_alone():
    for domain in ("lost.test", "connect-timeout.test"):
        result, seconds = timed(domain, "--connect-timeout", "1")
        same(f"{domain}: reason", finding(result, "connection_timeout")["severity"], "unknown")
        between(f"{domain}: seconds", 1, seconds, 1 + SLACK_S)
    result, seconds = timed("lost.test", "--connect-timeout", "3")
    between("a longer one: seconds", 3, seconds, 3 + SLACK_S)
    # A server that lets one in and is slow afterwards is not its business.
    result, seconds = timed("banner-silence.test", "--connect-timeout", "1", "--timeout", "3")
    holds("the banner's own limit", finding(result, "smtp_timeout"), reasons(result))
    between("the banner's own limit: seconds", 3, seconds, 3 + SLACK_S)


@case("--timeout")
def timeout_bounds_each_phase():
    for domain, stage in (("banner-silence.test", "banner"), ("ehlo-silence.test", "ehlo"),
                          ("starttls-silence.test", "starttls"),
                          ("after-tls-silence.test", "tls-ehlo")):
        result, seconds = timed(domain, "--timeout", "1")
        same(f"{domain}: stages", [e["stage"] for e in result["hosts"][0]["endpoints"]], [stage])
        between(f"{domain}: seconds", 1, seconds, 1 + SLACK_S)
    result, seconds = timed("banner-silence.test", "--timeout", "0.3")
    between("a fraction: seconds", 0.3, seconds, 0.3 + SLACK_S)


@case("--timeout")
def timeout_is_of_the_phase_and_not_of_the_last_byte():
    # A byte a second: an idle timer of two seconds would never run out.
    result, seconds = timed("banner-drip.test", "--timeout", "2")
    holds("reason", ("unknown", "smtp_timeout") in reasons(result), reasons(result))
    between("seconds", 2, seconds, 2 + SLACK_S)


@case("--timeout")
def timeout_bounds_the_policy_fetch():
    for domain in ("policy-silence.test", "policy-drip.test"):
        result, seconds = timed(domain, "--timeout", "2")
        same(domain, finding(result, "mta_sts_policy_fetch_error")["result_type"],
             "sts-policy-fetch-error")
        between(f"{domain}: seconds", 2, seconds, 2 + SLACK_S)


@case("--deadline")
def deadline_bounds_the_whole_domain():
    result, seconds = timed("banner-silence.test", "--deadline", "1")  # the banner alone has 60 s
    holds("reason", ("unknown", "smtp_timeout") in reasons(result), reasons(result))
    between("seconds", 1, seconds, 1 + SLACK_S)
    result, seconds = timed("lost.test", "--deadline", "1")
    holds("reason", ("unknown", "connection_timeout") in reasons(result), reasons(result))


@case("--deadline", "--timeout")
def deadline_counts_where_no_phase_is_slow_by_itself():
    host = "mx.good-plain.test"
    with MailServer(host, "127.8.0.4", delay_s=0.6):  # a reply; there are five of them
        slow = ("--timeout", "2", "--resolve", f"{host}:127.8.0.4")
        result, seconds = timed("good-plain.test", *slow)
        same("with time enough", (result["verdict"], seconds > 2.4), ("ok", True))
        result, seconds = timed("good-plain.test", *slow, "--deadline", "1")
        holds("reason", ("unknown", "smtp_timeout") in reasons(result), reasons(result))
        between("seconds", 1, seconds, 1 + SLACK_S)


@case("--deadline")
def deadline_keeps_what_is_known():
    result, seconds = timed("policy-silence.test", "--deadline", "1")
    same("the host was judged", result["hosts"][0]["endpoints"][0]["stage"], "done")
    same("delivery", result["delivery"]["opportunistic"], "tls")
    between("seconds", 1, seconds, 1 + SLACK_S)


@case("--deadline")
def deadline_is_of_each_domain_and_they_run_together():
    run = check("--format", "json", "--deadline", "2", "banner-silence.test", "ehlo-silence.test",
                "good-sts.test", "banner-drip.test", "policy-silence.test")
    same("answers", len(run.results()), 5)
    same("the healthy one", run.results()[2]["verdict"], "ok")
    between("seconds for all", 2, run.elapsed_s, 2 + SLACK_S)
