"""The exit status: the worst domain decides, in the order 2, 3, 1, 0, and errors of our own."""
from ..cases import case, holds, same
from ..invoke import check, mxprobe

OK, WARNING, FAIL, UNKNOWN = ("good-sts.test", "expired.test", "expired-enforce.test",
                              "refused.test")
MIXES = (
    ((OK,), 0), ((WARNING,), 1), ((FAIL,), 2), ((UNKNOWN,), 3),
    ((OK, WARNING), 1), ((WARNING, UNKNOWN), 3), ((UNKNOWN, FAIL), 2), ((FAIL, UNKNOWN), 2),
    ((OK, UNKNOWN, OK), 3), ((OK, WARNING, UNKNOWN, FAIL), 2),
)


@case()
def the_worst_domain_decides_the_status():
    for domains, status in MIXES:
        for form in ("text", "json", "nagios"):
            same(f"{form} {domains}", check("--format", form, *domains).status, status)


@case()
def results_come_in_the_order_of_the_command_line():
    # The first answers a quarter of a second after the others.
    order = ["latency.test", FAIL, OK, UNKNOWN, WARNING, "no-such-domain.test"]
    same("json", [r["domain"] for r in check("--format", "json", *order).results()], order)
    text = check(*order).out
    places = [("\n" + text).find(f"\n{domain}: ") for domain in order]
    holds("text", -1 not in places and places == sorted(places), places)


@case()
def errors_of_our_own_have_their_statuses():
    for arguments, status in (
            (("check",), 64),
            (("check", "--no-such-option", OK), 64),
            (("check", "--port", "0", OK), 64),
            (("check", "--timeout", "soon", OK), 64),
            (("check", OK, "two..dots.test"), 64),
            (("check", OK, "a" * 64 + ".test"), 64),
            (("check", "--ca-file", "/nonexistent", OK), 66),
            (("check", "--ca-file", "/etc/passwd", OK), 65),
            (("check", "--crl-file", "/nonexistent", OK), 66),
            (("check", "--crl-file", "/etc/passwd", OK), 65),
            (("check", "--sts-policy", "/nonexistent", OK), 66),
            (("check", "--sts-policy", "/etc/passwd", OK), 65)):
        run = mxprobe(*arguments)
        same(f"{arguments}", run.status, status)
        holds("one line on standard error",
              run.err.startswith("mxprobe: ") and run.err.count("\n") == 1, run.err)
        same("nothing on standard output", run.out, "")


@case()
def output_that_cannot_be_written_is_74():
    for form in ("text", "json"):
        run = mxprobe("check", "--format", form, OK, prefix=("sh", "-c", '"$@" >/dev/full', "sh"))
        same(form, run.status, 74)
        holds("it says so", run.err.startswith("mxprobe: "), run.err)
