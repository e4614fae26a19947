"""Where the program goes and from where: resolvers, ports, names, addresses, families."""
import os

from ..cases import between, case, holds, same
from ..invoke import address_of, check, endpoints, finding, probe, reasons
from ..listeners import Listener, MailServer, PolicyServer, Relay
from ..table import NGINX, NOBODY

VALIDATING, PLAIN, SILENT, REFUSING = (os.environ.get(name, "") for name in (
    "LAB_RESOLVER", "LAB_RESOLVER_PLAIN", "LAB_RESOLVER_SILENT", "LAB_RESOLVER_REFUSING"))
ELSEWHERE = "127.8.0.1"      # an address of the lab where nobody listens but the test
ELSEWHERE6 = "fd6d:7870::1"
REMOTE = "5.5.5.53"          # one that is no loopback address
PORT, STS_PORT = 2525, 8443


def dane_status(result):
    return result["hosts"][0]["dane"]["status"]


# --- resolvers ----------------------------------------------------------------------------------

@case("--resolver")
def resolver_decides_whether_answers_are_validated():
    validated = probe("good-dane.test", "--resolver", VALIDATING)
    plain = probe("good-dane.test", "--resolver", PLAIN)
    same("validating", (validated["mx"]["dnssec"], dane_status(validated)), ("secure", "usable"))
    same("plain", (plain["mx"]["dnssec"], dane_status(plain)), ("insecure", "insecure"))
    holds("it says why", ("info", "dnssec_not_checked") in reasons(plain), reasons(plain))
    holds("only then", not finding(validated, "dnssec_not_checked"))


@case("--resolver")
def resolver_defaults_to_that_of_the_system():
    same("what /etc/resolv.conf names validates", probe("good-dane.test")["mx"]["dnssec"], "secure")


@case("--resolver", "--deadline")
def resolver_that_is_silent_leaves_all_unknown():
    run = check("--format", "json", "--resolver", SILENT, "--deadline", "2", "good-sts.test")
    result, = run.results()
    same("mx", result["mx"]["status"], "timeout")
    same("reason", finding(result, "dns_temporary_failure")["severity"], "unknown")
    same("delivery", set(result["delivery"].values()), {"unknown"})
    same("status", run.status, 3)
    between("seconds", 1, run.elapsed_s, 4)


@case("--resolver")
def resolver_that_refuses_leaves_all_unknown():
    run = check("--format", "json", "--resolver", REFUSING, "good-sts.test")
    result, = run.results()
    same("mx", result["mx"]["status"], "servfail")
    holds("reason", ("unknown", "dns_temporary_failure") in reasons(result), reasons(result))
    same("status", run.status, 3)
    between("seconds", 0, run.elapsed_s, 10)


@case("--resolver")
def resolver_that_is_dead_is_passed_over():
    for what, dead in (("silent", SILENT), ("refusing", REFUSING), ("nobody there", NOBODY)):
        run = check("--format", "json", "--resolver", dead, "--resolver", VALIDATING,
                    "good-dane.test")
        result, = run.results()
        same(f"first {what}: status", run.status, 0)
        same(f"first {what}: DANE", dane_status(result), "usable")
        between(f"first {what}: seconds", 0, run.elapsed_s, 25)


@case("--resolver")
def resolver_takes_a_port_and_ipv6():
    for address, text in ((ELSEWHERE, f"{ELSEWHERE}:5353"), (ELSEWHERE6, f"[{ELSEWHERE6}]:5353")):
        with Relay(address, 5353, VALIDATING) as relay:
            same(text, probe("good-plain.test", "--resolver", text)["verdict"], "ok")
            holds(f"{text} was asked", relay.asked > 0)
    with Relay(ELSEWHERE6, 53, VALIDATING) as relay:
        for text in (ELSEWHERE6, f"[{ELSEWHERE6}]"):
            relay.asked = 0
            same(text, probe("good-plain.test", "--resolver", text)["verdict"], "ok")
            holds(f"{text} was asked", relay.asked > 0)


@case("--no-trust-ad")
def no_trust_ad_makes_security_unknown_never_insecure():
    trusted = probe("good-dane.test")
    result = probe("good-dane.test", "--no-trust-ad")
    same("believed", (trusted["mx"]["dnssec"], dane_status(trusted)), ("secure", "usable"))
    same("not believed", (result["mx"]["dnssec"], dane_status(result)), ("unknown", "unknown"))
    same("a DANE sender", result["delivery"]["dane"], "unknown")
    holds("it says why", ("info", "dnssec_not_checked") in reasons(result), reasons(result))


@case("--trust-ad")
def trust_ad_believes_a_resolver_that_is_not_on_loopback():
    with Relay(REMOTE, 53, VALIDATING):
        distrusted = probe("good-dane.test", "--resolver", REMOTE)
        believed = probe("good-dane.test", "--resolver", REMOTE, "--trust-ad")
    same("by default", (distrusted["mx"]["dnssec"], dane_status(distrusted)),
         ("unknown", "unknown"))
    same("told to", (believed["mx"]["dnssec"], dane_status(believed)), ("secure", "usable"))


# --- ports --------------------------------------------------------------------------------------

@case("--port")
def port_is_where_sessions_go_and_tlsa_is_looked_up():
    host = "mx.good-dane.test"
    usual = probe("good-dane.test")
    with MailServer(host, address_of(host), PORT) as server:
        moved = probe("good-dane.test", "--port", str(PORT))
        same("sessions at the other port", len(server.peers), 1)
    same("port", (endpoints(usual)[0]["port"], endpoints(moved)[0]["port"]), (25, PORT))
    same("stage", endpoints(moved)[0]["stage"], "done")
    # RFC 6698 section 3: the port is part of the TLSA record's name, and there is none for 2525.
    same("DANE", (dane_status(usual), dane_status(moved)), ("usable", "absent"))
    refused = probe("good-dane.test", "--port", str(PORT))
    holds("nobody there", finding(refused, "connection_refused"), reasons(refused))


@case("--sts-port")
def sts_port_is_where_the_policy_is_fetched():
    policy = "version: STSv1\nmode: testing\nmx: mx.good-sts.test\nmax_age: 86400\n"
    usual = probe("good-sts.test")["mta_sts"]["policy"]
    with PolicyServer("good-sts.test", NGINX, STS_PORT, policy) as server:
        moved = probe("good-sts.test", "--sts-port", str(STS_PORT))["mta_sts"]["policy"]
        same("fetches there", len(server.requests), 1)
        head = "\n".join(server.requests[0])
    same("mode", (usual["mode"], moved["mode"]), ("enforce", "testing"))
    holds("url", f"mta-sts.good-sts.test:{STS_PORT}/.well-known/mta-sts.txt" in moved["url"],
          moved["url"])
    holds("the request (RFC 9110 section 7.2)",
          head.startswith("GET /.well-known/mta-sts.txt HTTP/1.1")
          and f"Host: mta-sts.good-sts.test:{STS_PORT}" in head, head)


# --- the name given -----------------------------------------------------------------------------

def names_given(*options, address=ELSEWHERE, prefix=()):
    """What a mail server at `address` is told in EHLO."""
    host = "mx.good-plain.test"
    with MailServer(host, address) as server:
        result = probe("good-plain.test", "--resolve", f"{host}:{address}", *options, prefix=prefix)
        same("stage", endpoints(result)[0]["stage"], "done")
        return server.names()


def on_a_host_called(name):
    return ("unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh")


@case("--ehlo")
def ehlo_gives_the_name():
    same("as given", names_given("--ehlo", "prober.example"), {"prober.example"})
    same("a literal", names_given("--ehlo", "[192.0.2.1]"), {"[192.0.2.1]"})


@case("--ehlo")
def ehlo_defaults_to_the_name_of_this_host():
    same("name", names_given(prefix=on_a_host_called("probe.example.net")), {"probe.example.net"})


@case("--ehlo")
def ehlo_of_a_host_without_a_full_name_is_an_address_literal():
    # RFC 5321 section 4.1.3: the client's own address, as this connection has it.
    nameless = on_a_host_called("a-host-without-a-dot")
    same("IPv4", names_given("--source", "127.8.0.9", prefix=nameless), {"[127.8.0.9]"})
    same("IPv6", names_given(address=ELSEWHERE6, prefix=nameless), {f"[IPv6:{ELSEWHERE6}]"})


# --- addresses of our own and of theirs -----------------------------------------------------------

@case("--source")
def source_is_the_address_that_servers_see():
    host = "mx.good-plain.test"
    both = ("--resolve", f"{host}:{ELSEWHERE},{ELSEWHERE6}")
    sources = ("--source", "127.8.0.9", "--source", "::1")
    with MailServer(host, ELSEWHERE) as v4, MailServer(host, ELSEWHERE6) as v6:
        probe("good-plain.test", *both)
        holds("another by default", "127.8.0.9" not in v4.peers and "::1" not in v6.peers)
        v4.peers.clear()
        v6.peers.clear()
        result = probe("good-plain.test", *both, *sources)
        same("one a family", (v4.peers, v6.peers), (["127.8.0.9"], ["::1"]))
    same("verdict", result["verdict"], "ok")
    same("two of a family", check(*sources[:2], "--source", "127.8.0.8", "good-plain.test").status,
         64)


@case("-4", "-6")
def one_family_only():
    families = {options: {":" in endpoint["ip"] for endpoint in
                          endpoints(probe("public-address.test", *options))}
                for options in ((), ("-4",), ("-6",), ("-4", "-6"))}
    same("IPv6 addresses among them", families,
         {(): {False, True}, ("-4",): {False}, ("-6",): {True}, ("-4", "-6"): {False, True}})
    same("the dead IPv6 address", probe("dual-stack.test")["verdict"], "warning")
    same("is left alone", probe("dual-stack.test", "-4")["verdict"], "ok")
    same("is all there is", probe("dual-stack.test", "-6")["verdict"], "unknown")


@case("--allow-private", "--no-allow-private")
def private_targets_get_no_packet_unless_allowed():
    host = "mx.good-sts.test"
    ports = ("--port", str(PORT), "--sts-port", str(STS_PORT))
    policy = "version: STSv1\nmode: enforce\nmx: mx.good-sts.test\nmax_age: 86400\n"
    with MailServer(host, address_of(host), PORT) as mail, \
            PolicyServer("good-sts.test", NGINX, STS_PORT, policy) as web:
        refused = probe("good-sts.test", "--no-allow-private", *ports)
        same("connections when refused", (mail.peers, web.peers), ([], []))
        default = probe("good-sts.test", *ports)
        allowed = probe("good-sts.test", "--no-allow-private", "--allow-private", *ports)
        same("connections when allowed", (len(mail.peers), len(web.peers)), (2, 2))
    same("refused", (refused["verdict"], finding(refused, "target_refused")["severity"]),
         ("unknown", "unknown"))
    same("allowed", (default["verdict"], allowed["verdict"]), ("ok", "ok"))


@case("--no-allow-private")
def addresses_that_are_not_special_are_always_allowed():
    same("verdict", probe("public-address.test", "--no-allow-private")["verdict"], "ok")


@case("--no-allow-private")
def a_refused_address_is_not_even_routed():
    # The kernel counts every connection that is begun: there is no way around it.
    with Listener(ELSEWHERE, PORT) as listener:
        before = begun_connections()
        result = probe("good-plain.test", "--no-allow-private", "--port", str(PORT), "--resolve",
                       f"mx.good-plain.test:{ELSEWHERE},10.1.2.3,192.168.7.7,fd00::7,169.254.1.1")
        same("connections begun", begun_connections() - before, 0)
        same("connections seen", listener.peers, [])
    same("every address is told of", len(endpoints(result)), 5)
    same("stages", {endpoint["stage"] for endpoint in endpoints(result)}, {"connect"})


def begun_connections():
    """ActiveOpens of this network namespace, IPv4 and IPv6 together."""
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = (line.split() for line in file if line.startswith("Tcp:"))
    return int(values[names.index("ActiveOpens")])
