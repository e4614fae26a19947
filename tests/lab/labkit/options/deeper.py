"""The deeper looks, each off unless asked for, save the first."""
from ..cases import case, holds, same
from ..invoke import endpoints, finding, probe, reasons
from ..listeners import MailServer

ALERT_HANDSHAKE_FAILURE = bytes.fromhex("15030300020228")  # fatal, 40 (RFC 5246 section 7.2)


class Refuser(MailServer):
    """Offers STARTTLS and answers every ClientHello with alert 40."""

    def secure(self, connection):
        connection.recv(4096)
        connection.sendall(ALERT_HANDSHAKE_FAILURE)
        connection.recv(4096)  # so that no reset overtakes the alert
        raise EOFError


@case("--no-autopsy")
def no_autopsy_makes_no_second_attempt_after_a_failed_handshake():
    host = "mx.good-plain.test"
    for options, wanted in (((), "several"), (("--no-autopsy",), "one")):
        with Refuser(host, "127.8.0.5") as server:
            result = probe("good-plain.test", "--resolve", f"{host}:127.8.0.5", *options)
            same(f"{options}: connections", "one" if len(server.peers) == 1 else "several", wanted)
        same("stage", endpoints(result)[0]["stage"], "handshake")
        holds("reason", finding(result, "handshake_failure"), reasons(result))
    # A server of anonymous suites alone: only the second attempt can tell (rows 18 and 23).
    holds("found out", finding(probe("anonymous.test"), "insecure_cipher_suite"))
    result = probe("anonymous.test", "--no-autopsy")
    holds("left at that", finding(result, "handshake_failure"), reasons(result))


@case("--no-autopsy")
def no_autopsy_changes_nothing_where_the_handshake_succeeds():
    host = "mx.good-plain.test"
    for options in ((), ("--no-autopsy",)):
        with MailServer(host, "127.8.0.5") as server:
            result = probe("good-plain.test", "--resolve", f"{host}:127.8.0.5", *options)
            same(f"{options}: connections", len(server.peers), 1)
        same("verdict", result["verdict"], "ok")


@case("--injection-test")
def injection_test_tells_who_runs_what_came_before_tls():
    for domain, vulnerable in (("starttls-injection.test", True), ("good-plain.test", False)):
        holds(f"{domain}: not asked for", not finding(probe(domain), "starttls_injection"))
        result = probe(domain, "--injection-test")
        same(domain, bool(finding(result, "starttls_injection")), vulnerable)
    host = "mx.good-plain.test"
    for options, sessions in (((), 1), (("--injection-test",), 2)):
        with MailServer(host, "127.8.0.5") as server:
            probe("good-plain.test", "--resolve", f"{host}:127.8.0.5", *options)
            same(f"{options}: connections", len(server.peers), sessions)


def survey(result):
    return endpoints(result)[0]["survey"]


@case("--tls-survey")
def tls_survey_tells_the_versions_and_the_weak_classes():
    same("not asked for", survey(probe("tls10.test")), None)
    told = survey(probe("tls10.test", "--tls-survey"))
    same("versions", {v["protocol"]: v["status"] for v in told["versions"]},
         {"SSLv3": "refused", "TLSv1": "accepted", "TLSv1.1": "refused", "TLSv1.2": "refused",
          "TLSv1.3": "refused"})
    told = survey(probe("tripledes.test", "--tls-survey"))
    same("weak classes", {w["class"]: w["status"] for w in told["weak"]},
         {"anonymous": "refused", "null": "refused", "export": "refused", "rc4": "refused",
          "des": "accepted"})
    same("no STARTTLS, no survey", survey(probe("no-starttls.test", "--tls-survey")), None)


@case("--tls-survey")
def tls_survey_counts_its_connections():
    host = "mx.good-plain.test"
    for kind, options, connections in ((Refuser, ("--no-autopsy", "--tls-survey"), 5),
                                       (MailServer, ("--tls-survey",), None)):
        with kind(host, "127.8.0.5") as server:
            told = survey(probe("good-plain.test", "--resolve", f"{host}:127.8.0.5", *options))
            same("connections, besides the session's", told["connections"], len(server.peers) - 1)
            holds("twelve at most", 5 <= told["connections"] <= 12, told)
            if connections:
                same("of a server that refuses all", told["connections"], connections)
                same("statuses", {each["status"] for each in told["versions"] + told["weak"]},
                     {"refused"})


@case("--both-keys")
def both_keys_takes_one_more_session_where_tls_came_up():
    host = "mx.good-plain.test"
    for options, sessions, told in (((), 1, "not-looked"), (("--both-keys",), 2, "one")):
        with MailServer(host, "127.8.0.5") as server:
            result = probe("good-plain.test", "--resolve", f"{host}:127.8.0.5", *options)
            same(f"{options}: connections", len(server.peers), sessions)
        same(f"{options}: told", endpoints(result)[0]["both_keys"], told)
        same("verdict", result["verdict"], "ok")
