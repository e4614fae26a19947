/* Rows 6 to 12, 14 and 75: reaching the host, the SMTP dialogue and STARTTLS. */
#include "policy/guide_parts.h"

#define NOT_SUPPORTED                          \
    {                                          \
        {RESULT_STARTTLS_NOT_SUPPORTED, NULL}, \
    }
#define FIREWALL                                                                                   \
    "A firewall that inspects SMTP: on Cisco ASA remove `inspect esmtp` from the policy, or give " \
    "it `allow-tls`."

static const struct guide guides[] = {
    {
        .reason = REASON_CONNECTION_REFUSED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_CLEARTEXT,
        .shows = "`Connection refused`, once for each address that refuses.",
        .mend_postfix = "inet_interfaces = all\n"
                        "inet_protocols = all",
        .mend_exim = "local_interfaces = <; ::0 ; 0.0.0.0\n"
                     "daemon_smtp_ports = smtp",
        .mend_generic = "On the server: `ss -ltn sport = :25`. If it listens at {ip}, a firewall "
                        "rejects. If it does not and should not, take that address out of the DNS.",
    },
    {
        .reason = REASON_NETWORK_UNREACHABLE,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_CLEARTEXT,
        .shows = "`No route to host` or `Network is unreachable`.",
        .mend_generic =
            "`ip route get {ip}` and `mtr {ip}`, here and from a second place. From "
            "everywhere: the announcement or the address in the DNS is wrong. From here "
            "alone: it says nothing about the host.",
    },
    {
        .reason = REASON_CONNECTION_TIMEOUT,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_CLEARTEXT,
        .shows = "`Connection timed out`. If it does that for every mail host, port 25 is blocked "
                 "at this end.",
        .mend_generic = "A firewall that drops: open port 25 for everyone, ICMP \"packet too big\" "
                        "included. An MX host that is meant to be silent (\"nolisting\") costs "
                        "every sender a time-out.",
    },
    {
        .reason = REASON_THROTTLED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_DIALOGUE,
        .shows = "A reply that begins with 4, with the server's reason.",
        .mend_postfix = "# The defaults; the log names the limit that struck\n"
                        "smtpd_client_connection_count_limit = 50\n"
                        "smtpd_client_connection_rate_limit = 0\n"
                        "smtpd_client_new_tls_session_rate_limit = 0",
        .mend_exim = "# Limits that a stranger meets; the log names the one that struck\n"
                     "smtp_accept_max = 100\n"
                     "smtp_accept_max_per_host = 10",
        .mend_generic =
            "Says nothing about TLS: a real sender would have come back later. Greylisting "
            "and postscreen put new addresses off for minutes; run the check again then.",
    },
    {
        .reason = REASON_SERVICE_REFUSED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_CLEARTEXT,
        .shows = "A reply that begins with 5, in place of a greeting or to both EHLO and HELO.",
        .mend_postfix =
            "# The log names the rule that struck. Before the dialogue these do:\n"
            "# smtpd_client_restrictions, postscreen_access_list, postscreen_dnsbl_sites,\n"
            "# and with smtpd_delay_reject = no the HELO rules too",
        .mend_exim = "# The log names the rule that struck. Before the dialogue these do:\n"
                     "# acl_smtp_connect and host_reject_connection",
        .mend_generic =
            "Look whether the address of this machine is on a block list (residential "
            "and cloud ranges are), and whether it has a PTR record. From a mail server's "
            "address the check gives what senders see.",
    },
    {
        .reason = REASON_SMTP_TIMEOUT,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_DIALOGUE,
        .shows = "The dialogue up to the reply that does not come, then `Operation timed out`.",
        .mend_postfix =
            "# The defaults, at which a greeting takes seconds if the resolver answers\n"
            "postscreen_greet_wait = 6s\n"
            "default_process_limit = 100",
        .mend_exim = "# Slow greetings: identification queries, and reverse look-ups of everyone\n"
                     "rfc1413_query_timeout = 0s\n"
                     "host_lookup =",
        .mend_generic = "Measure the greeting: RFC 5321 4.5.3.2 lets a server take five minutes, "
                        "and senders differ in patience. The usual causes are a resolver that does "
                        "not answer, a block list that is gone, and all processes in use.",
    },
    {
        .reason = REASON_SMTP_CLOSED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_DIALOGUE,
        .shows = "`response reading failed` where a reply was due.",
        .mend_postfix = "# A process that dies says why: grep -E 'fatal|panic' /var/log/mail.log",
        .mend_exim = "# A process that dies says why in /var/log/exim4/paniclog",
        .mend_generic = "No line in the mail server's log: it was a firewall or load balancer. "
                        "fail2ban and connection limits at the firewall close like that.",
    },
    {
        .reason = REASON_SMTP_PROTOCOL_ERROR,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_CLEARTEXT,
        .shows = "Lines without a code of three digits, or with two codes in one reply.",
        .mend_postfix = "# Plain text, one line\n"
                        "smtpd_banner = $myhostname ESMTP",
        .mend_exim = "# Plain text\n"
                     "smtp_banner = $smtp_active_hostname ESMTP",
        .mend_generic =
            "A web server or a TLS-only port answers there, or a proxy that expects the "
            "PROXY protocol; otherwise a banner with control characters or bare line "
            "feeds, which senders may pass over.",
    },
    {
        .reason = REASON_SMTP_AFTER_TLS,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_DIALOGUE,
        .shows = "`SSL connection using`, and behind it EHLO without a 250.",
        .mend_postfix = "# What may fail at the second EHLO: smtpd_helo_restrictions (with\n"
                        "# smtpd_delay_reject = no), a milter, smtpd_command_filter. To see it:\n"
                        "smtpd_tls_loglevel = 1",
        .mend_exim = "# The ACL that acl_smtp_helo names runs again inside TLS. To see it:\n"
                     "log_selector = +smtp_syntax_error +smtp_protocol_error +tls_cipher",
        .mend_generic = "TLS came up, and yet no mail can be handed over. A proxy that ends TLS "
                        "and does not reach the server behind it looks like this.",
    },
    {
        .reason = REASON_EHLO_REFUSED,
        .reported = NOT_SUPPORTED,
        .confirm = GUIDE_CLEARTEXT,
        .shows = "A 5xx to EHLO and a 250 to HELO.",
        .mend_postfix =
            "# Postfix refuses EHLO only where one of these does:\n"
            "# smtpd_command_filter; smtpd_helo_restrictions with smtpd_delay_reject = no",
        .mend_exim = "# Exim refuses EHLO only in the ACL that acl_smtp_helo names, and for names\n"
                     "# that are no host names",
        .mend_generic = FIREWALL " Such devices turn EHLO into X's, which the server refuses.",
    },
    {
        .reason = REASON_STARTTLS_NOT_OFFERED,
        .reported = NOT_SUPPORTED,
        .confirm = GUIDE_DIALOGUE,
        .shows = "`STARTTLS not supported`, and no 250 line with STARTTLS above it.",
        .mend_postfix = "smtpd_tls_security_level = may\n" GUIDE_POSTFIX_CHAIN "\n"
                        "# Neither may name starttls:\n"
                        "smtpd_discard_ehlo_keywords =\n"
                        "smtpd_discard_ehlo_keyword_address_maps =",
        .mend_exim = "# Debian: MAIN_TLS_ENABLE = yes in its configuration does this\n"
                     "tls_advertise_hosts = *\n" GUIDE_EXIM_CHAIN,
        .mend_generic = "On the server itself, `curl -v smtp://localhost:25`: if STARTTLS is "
                        "offered there, something on the path removes it (starttls_stripped).",
    },
    {
        .reason = REASON_STARTTLS_REFUSED,
        .reported = NOT_SUPPORTED,
        .confirm = GUIDE_DIALOGUE,
        .shows = "`STARTTLS denied` with the server's code, or the end after STARTTLS.",
        .mend_postfix = "# The log says which file cannot be loaded, or does not fit the "
                        "key\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim =
            "# Readable for the user that Exim runs as (Debian: Debian-exim)\n" GUIDE_EXIM_CHAIN,
        .mend_generic = "Do key and certificate belong together? `openssl pkey -in privkey.pem "
                        "-pubout` and `openssl x509 -in fullchain.pem -noout -pubkey` print the "
                        "same. May the server read both?",
    },
    {
        .reason = REASON_STARTTLS_STRIPPED,
        .reported = NOT_SUPPORTED,
        .confirm = GUIDE_S_CLIENT " -brief </dev/null",
        .shows = "`Didn't find STARTTLS in server response, trying anyway...` and `CONNECTION "
                 "ESTABLISHED` all the same.",
        .mend_postfix = "# Not here, if this names no starttls:\n"
                        "smtpd_discard_ehlo_keywords =\n"
                        "smtpd_discard_ehlo_keyword_address_maps =",
        .mend_exim = "# Not here, if this covers everyone:\n"
                     "tls_advertise_hosts = *",
        .mend_generic = FIREWALL " If it is not at the server's end, try from another network: the "
                                 "path from this one may do it, and then to all servers.",
    },
    {
        .reason = REASON_STARTTLS_REPEATED,
        .informational = true,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_DIALOGUE,
        .shows = "STARTTLS among the 250 lines behind `SSL connection using`, too.",
    },
    {
        .reason = REASON_STARTTLS_INJECTION,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "mxprobe check --injection-test {domain}",
        .shows = "This finding: no everyday tool sends a command in one packet with STARTTLS and "
                 "then waits for its reply inside TLS.",
        .mend_postfix = "# Mended in Postfix 2.8 (and 2.7.3, 2.6.9, 2.5.12, 2.4.16): update",
        .mend_generic =
            "An attacker on the path can put commands, and so mail, into the TLS session "
            "of another. Check proxies and spam filters in front first: they are often "
            "the old software.",
    },
};

const struct guide_subject guide_smtp = {
    "Reaching the host, SMTP and STARTTLS",
    "curl begins no mail transaction here: after EHLO it says HELP and QUIT. To try one address "
    "of several, put it in place of {mx} (`smtp://{ip}:25`, IPv6 in brackets). What says 4xx or "
    "5xx "
    "to everybody is the server's; what says it to this machine alone may be about this machine.",
    guides, GUIDE_COUNT(guides)};
