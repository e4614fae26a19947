/* Rows 68 to 74: DANE. */
#include "policy/guide_parts.h"

#define AS_DANE_SENDER "posttls-finger -c -l dane {domain}"
#define POSTFIX_TLSA "# The record for the key in use: postfix tls output-server-tlsa -h {mx}\n"

static const struct guide guides[] = {
    {
        .reason = REASON_DANE_NO_MATCH,
        .reported = {{RESULT_VALIDATION_FAILURE, NULL}},
        .seen_as = "Postfix: `certificate-not-trusted`. mox, Stalwart, Exim: `validation-failure` "
                   "(`dane-no-match`). Microsoft: `tlsa-invalid`.",
        .confirm = AS_DANE_SENDER,
        .shows = "`num=65:no matching DANE TLSA records` and `Untrusted TLS connection`. What "
                 "should stand in the DNS and what does:\n"
                 "`openssl s_client -starttls smtp -connect {mx}:25 </dev/null 2>/dev/null | "
                 "openssl x509 -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum`\n"
                 "`dig +short _25._tcp.{mx} TLSA`",
        .mend_postfix = POSTFIX_TLSA GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# The record is made of the key of this certificate\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "Mail waits at DANE senders until this is mended; MTA-STS does not help. Nearly always "
            "a renewal made a new key: let the ACME client keep it (certbot: `--reuse-key`), or "
            "publish the next key's record beside the old one, wait twice its TTL, and only then "
            "change the certificate. A \"2\" record needs its CA certificate in the chain file. "
            "Where \"3 1 2\" stands beside \"3 1 1\", only the former counts: keep it current too.",
    },
    {
        .reason = REASON_TLSA_UNUSABLE,
        .reported = {{RESULT_TLSA_INVALID, NULL}},
        .confirm = AS_DANE_SENDER,
        .shows = "`unsupported TLSA certificate usage`, `unusable TLSA RR`, `all TLSA records "
                 "unusable`.",
        .mend_postfix = POSTFIX_TLSA GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# The record is made of the key of this certificate\n" GUIDE_EXIM_CHAIN,
        .mend_generic = "Usages 0 and 1 come from instructions for web servers. A digest has 32 "
                        "bytes for matching type 1 and 64 for type 2: shorter ones were cut when "
                        "they were copied.",
    },
    {
        .reason = REASON_DANE_REQUIRED,
        .reported = {{RESULT_DANE_REQUIRED, NULL}},
        .confirm = "dig +noall +comments +answer {mx} A _25._tcp.{mx} TLSA",
        .shows = "No TLSA record, or answers whose `flags:` have no `ad`: then they do not count.",
        .mend_generic =
            "It is the zone of {mx} that has to be signed, and for DANE to be complete {domain} "
            "too. At a hosting provider's MX that is the provider's to do. A sender that demands "
            "DANE of {domain} has this in its own configuration: ask it to stop where none is "
            "meant to be.",
    },
};

const struct guide_subject guide_dane = {
    "DANE",
    "posttls-finger comes with Postfix and judges as Postfix does. It needs a validating resolver "
    "on the same machine and, with glibc 2.31 or later, `options trust-ad` in /etc/resolv.conf; "
    "DNSSEC that fails is in the section on the DNS.",
    guides, GUIDE_COUNT(guides)};
