/* Rows 1 to 5a, 56, 69 and 75a: mail routing and the DNS. */
#include "policy/guide_parts.h"

static const struct guide guides[] = {
    {
        .reason = REASON_DNS_NO_MAIL_HOST,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +noall +comments +answer {domain} MX {domain} A {domain} AAAA",
        .shows = "`NXDOMAIN`, or `NOERROR` with `ANSWER: 0` three times.",
        .mend_generic = "NXDOMAIN for a domain that you hold: it is not delegated. Look at the "
                        "registrar's side (expired?) and at `dig +trace {domain} NS`.",
    },
    {
        .reason = REASON_NULL_MX,
        .informational = true,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short {domain} MX",
        .shows = "`0 .` alone.",
    },
    {
        .reason = REASON_NULL_MX_CONFLICT,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short {domain} MX",
        .shows = "`0 .` beside others.",
        .mend_generic = "As it stands some senders bounce and some deliver. Panels that add a null "
                        "MX to domains without mailboxes are the usual cause.",
    },
    {
        .reason = REASON_DNS_TEMPORARY_FAILURE,
        .reported = {{RESULT_NONE, NULL},
                     {RESULT_DNSSEC_INVALID, "for TLSA records while the addresses are secure"}},
        .seen_as = "TLSA: Microsoft, Exim: `dnssec-invalid`. Postfix says nothing.",
        .confirm = "dig +noall +comments {domain} MX {mx} A _25._tcp.{mx} TLSA",
        .shows = "`SERVFAIL` or `REFUSED`, or `no servers could be reached`; `EDE:` often says "
                 "why. Which server: `dig +trace {domain} MX`.",
        .mend_generic =
            "Ask each server of the zone by itself: `dig @SERVER {domain} SOA`. If only TLSA "
            "fails, the name server or the firewall before it drops types that it does not know; "
            "DANE senders then let the mail wait.",
    },
    {
        .reason = REASON_DNSSEC_BOGUS,
        .reported = {{RESULT_DNSSEC_INVALID, NULL}},
        .seen_as = "TLSA: Microsoft, Exim: `dnssec-invalid`. Postfix says nothing.",
        .confirm = "dig +noall +comments {domain} MX {domain} MX +cd; \\\n"
                   "dig +noall +comments _25._tcp.{mx} TLSA _25._tcp.{mx} TLSA +cd",
        .shows = "`SERVFAIL` to the first and `NOERROR` to the second of a pair: the same "
                 "question with checking disabled. `delv {domain} MX` names the fault.",
        .mend_generic =
            "Expired signatures: let the signer run and the zone be transferred to all servers. "
            "After a change of provider: the DS record at the registrar is the old provider's; "
            "replace or remove it there. Removing DS makes the zone insecure, and mail flows "
            "again, without DANE.",
    },
    {
        .reason = REASON_MX_NO_ADDRESS,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +noall +comments +answer {mx} A {mx} AAAA",
        .shows = "`ANSWER: 0` or `NXDOMAIN` to both.",
        .mend_generic = "Look for a missing final dot in the zone file: it makes {mx} a name below "
                        "the zone.",
    },
    {
        .reason = REASON_MX_IS_CNAME,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short {mx} CNAME",
        .shows = "The name that it stands for.",
        .mend_generic = "Many senders deliver all the same, some do not. The certificate must name "
                        "the MX record's name, so it may have to change along with the record; "
                        "for DANE the target's TLSA records count.",
    },
    {
        .reason = REASON_MX_IS_LITERAL,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short {domain} MX",
        .shows = "An IP address where the host name should be.",
        .mend_generic = "Give the address a name with an A or AAAA record, and that name to the MX "
                        "record.",
    },
    {
        .reason = REASON_DNSSEC_NOT_CHECKED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "grep nameserver /etc/resolv.conf; dig +noall +comments . SOA",
        .shows = "A resolver that is not on this machine, or `flags:` without `ad`.",
        .mend_generic = "`apt install unbound`, and `nameserver 127.0.0.1` in /etc/resolv.conf: "
                        "Debian's unbound validates as installed.",
    },
};

const struct guide_subject guide_dns = {
    "Mail routing and the DNS",
    "Ask a validating resolver: it is the first server in /etc/resolv.conf, or name one with "
    "`dig @127.0.0.1`. What it has in its cache outlives a change by the record's TTL.",
    guides, GUIDE_COUNT(guides)};
