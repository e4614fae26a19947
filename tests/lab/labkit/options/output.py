"""The form of the output: --format, --color, -v, and the options that end at once."""
import os
import pty
import re
import subprocess

from .. import program
from ..cases import case, holds, same
from ..invoke import check, mxprobe

SGR = re.compile(r"\x1b\[[0-9;]*m")
DOMAINS = ("good-sts.test", "expired-enforce.test")


@case("--format")
def format_text_is_the_default_and_for_people():
    plain, named = check(*DOMAINS), check("--format", "text", *DOMAINS)
    for run in (plain, named):
        holds("each domain has its headline",
              re.search(r"^good-sts\.test\b.*\bOK\b", run.out, re.M)
              and re.search(r"^expired-enforce\.test\b.*\bFAIL\b", run.out, re.M), run.out[:200])
        holds("the finding, its RFC 8460 type and the way to mend it",
              "certificate_expired" in run.out and "certificate-expired" in run.out
              and "Renew the certificate" in run.out, run.out)
        same("status", run.status, 2)


@case("--format")
def format_json_is_one_object_a_line():
    run = check("--format", "json", *DOMAINS)
    same("domains", [result["domain"] for result in run.results()], list(DOMAINS))
    same("schemas", {result["schema"] for result in run.results()}, {"mxprobe.result/1"})
    same("standard error", run.err, "")


@case("--format")
def format_nagios_is_one_line_for_all_domains():
    run = check("--format", "nagios", *DOMAINS)
    same("lines", run.out.count("\n"), 1)
    holds("state and perfdata", re.match(r"MXPROBE CRITICAL - [^|]+ \| \S+=", run.out), run.out)
    holds("it names the domain that is to blame", "expired-enforce.test" in run.out, run.out)
    same("status", run.status, 2)


@case("--format", "--org", "--contact")
def format_tlsrpt_is_one_report_a_line_and_names_who_reports():
    run = check("--format", "tlsrpt", *DOMAINS)
    reports = run.results()
    same("policy domains", [r["policies"][0]["policy"]["policy-domain"] for r in reports],
         list(DOMAINS))
    same("who reports", {(r["organization-name"], r["contact-info"]) for r in reports},
         {("mxprobe", "not-given@mxprobe.invalid")})
    same("status", run.status, 2)
    run = check("--format", "tlsrpt", "--org", "Example Inc.", "--contact", "tls@example.com",
                "--sts-mode", "testing", DOMAINS[0])
    same("as told, and that it is supposed",
         [(r["organization-name"], r["contact-info"]) for r in run.results()],
         [("Example Inc. (what if: sts-mode=testing)", "tls@example.com")])
    same("other formats do not name them", "Example" in
         check("--org", "Example Inc.", "--contact", "tls@example.com", DOMAINS[0]).out, False)


@case("--format")
def format_nagios_turns_our_own_errors_into_unknown():
    for wrong in (("--no-such-option", "good-sts.test"), ("not a domain",), (),
                  ("--crl-file", "/nonexistent", "good-sts.test")):
        run = check("--format", "nagios", *wrong)
        holds("MXPROBE UNKNOWN on standard output", run.out.startswith("MXPROBE UNKNOWN - "),
              (wrong, run.out, run.err))
        same("status", run.status, 3)


def on_a_terminal(*options, **environment):
    """The output of a run whose standard output is a terminal."""
    ours, theirs = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    env.update(TERM="xterm", **environment)
    child = subprocess.Popen([program.path(), "check", "--ca-file", os.environ["LAB_CA"], *options,
                              "good-sts.test"], stdout=theirs, stdin=subprocess.DEVNULL, env=env)
    os.close(theirs)
    out = b""
    try:
        while part := os.read(ours, 65536):
            out += part
    except OSError:  # how Linux tells that the other end is closed
        pass
    child.wait()
    os.close(ours)
    return out.decode()


@case("--color")
def color_auto_asks_for_a_terminal():
    holds("none in a pipe", "\x1b" not in check("good-sts.test").out)
    holds("none in a pipe", "\x1b" not in check("--color", "auto", "good-sts.test").out)
    holds("colours on a terminal", SGR.search(on_a_terminal()))
    holds("colours on a terminal", SGR.search(on_a_terminal("--color", "auto")))


@case("--color")
def color_always_and_never_do_not_ask():
    always = check("--color", "always", "good-sts.test").out
    holds("colours in a pipe", SGR.search(always), always[:80])
    same("the same words", SGR.sub("", always).splitlines()[0],
         check("--color", "never", "good-sts.test").out.splitlines()[0])
    holds("none on a terminal", "\x1b" not in on_a_terminal("--color", "never"))


@case("--color")
def no_color_in_the_environment_is_honoured():
    holds("none on a terminal", "\x1b" not in on_a_terminal(NO_COLOR="1"))
    holds("an empty NO_COLOR says nothing (no-color.org)", SGR.search(on_a_terminal(NO_COLOR="")))


@case("--color")
def color_never_gets_into_json_or_nagios():
    for form in ("json", "nagios"):
        run = check("--format", form, "--color", "always", "good-sts.test")
        holds(form, "\x1b" not in run.out + run.err, run.out)


DIALOGUE = ("220 mx.good-sts.test ESMTP", "EHLO prober.test", "STARTTLS", "QUIT", "221 2.0.0 Bye")


@case("-v", "--ehlo")
def verbose_shows_the_dialogue_in_the_text():
    options = ("--ehlo", "prober.test", "good-sts.test")
    quiet, run = check(*options), check("-v", *options)
    for line in DIALOGUE[:2] + DIALOGUE[3:]:
        holds("not without -v", line not in quiet.out, line)
        holds("with -v", line in run.out, line)
    holds("with times", re.search(r"\b\d+ ms\b.*EHLO prober\.test", run.out), run.out)
    same("standard error", run.err, "")


@case("-v")
def verbose_twice_shows_the_handshake_too():
    once, twice = check("-v", "good-sts.test"), check("-vv", "good-sts.test")
    apart = check("-v", "-v", "good-sts.test")
    for what in ("CN=Lab Root CA", "ecdsa-with-SHA256"):
        holds("not with -v", what not in once.out, what)
        holds("with -vv", what in twice.out, what)
        holds("with -v -v", what in apart.out, what)
    holds("and the dialogue", DIALOGUE[4] in twice.out)


@case("-v", "--format")
def verbose_goes_to_standard_error_unless_the_format_is_text():
    for form in ("json", "nagios"):
        run = check("--format", form, "--ehlo", "prober.test", "-v", "good-sts.test")
        same(f"lines of {form}", run.out.count("\n"), 1)
        holds(f"{form}: the dialogue", all(line in run.err for line in DIALOGUE), run.err)
        same("status", run.status, 0)


@case("--help", "-h")
def help_always_works():
    texts = [mxprobe("check", *words).out for words in
             (("--help",), ("-h",), ("good-sts.test", "--help"), ("--help", "not a domain"))]
    holds("help about check", texts[0].startswith("usage: mxprobe check "), texts[0][:80])
    same("by any way", set(texts), {texts[0]})
    same("status", mxprobe("check", "--help").status, 0)


@case("--version")
def version_always_works():
    run = mxprobe("check", "--version")
    holds("name and number", re.match(r"mxprobe \d+\.\d+", run.out), run.out)
    same("status", run.status, 0)
    same("without a command", mxprobe("--version").out, run.out)
