#include "policy/reason.h"

#define ROW(id, code, meaning, fix) [REASON_##id] = {code, meaning, fix}

static const struct reason_info reasons[REASON_COUNT] = {
    ROW(CERTIFICATE_EXPIRED, "certificate_expired", "A certificate of the chain has ended.",
        "Renew the certificate on {mx} and reload the mail server."),
    ROW(CERTIFICATE_NOT_VALID_YET, "certificate_not_valid_yet",
        "A certificate of the chain is not valid yet.",
        "Check the clock where the certificate of {mx} was made, or wait until its start."),
    ROW(CERTIFICATE_REVOKED, "certificate_revoked", "The issuer has revoked the certificate.",
        "Get a new certificate with a new key for {mx} and reload the mail server."),
    ROW(UNTRUSTED_CERTIFICATE, "untrusted_certificate",
        "No path leads from the certificate to a trusted authority.",
        "Install a certificate from a public CA on {mx}, with its intermediate certificates."),
    ROW(NO_VALID_SIGNATURE, "no_valid_signature", "A signature in the chain does not verify.",
        "Install the certificate again from the CA's original files, each intermediate being the "
        "one that signed the certificate before it."),
    ROW(UNSUPPORTED_CERTIFICATE, "unsupported_certificate",
        "The certificate has a key, signature, purpose or extension that senders do not accept.",
        "Get a certificate for {mx} with the server purpose, an RSA key of 2048 bits or an ECDSA "
        "P-256 key, and a SHA-256 signature."),
    ROW(HOSTNAME_MISMATCH, "hostname_mismatch", "The certificate is for another name.",
        "Get a certificate whose subject alternative names include {mx}; the common name does "
        "not count."),
    ROW(INSECURE_CIPHER_SUITE, "insecure_cipher_suite",
        "The server would negotiate only cipher suites that no longer protect.",
        "Enable AES-GCM or ChaCha20 suites with ECDHE on {mx}, and remove NULL, EXPORT, RC4, 3DES "
        "and anonymous suites and DH parameters under 2048 bits."),
    ROW(PROTOCOL_VERSION_MISMATCH, "protocol_version_mismatch",
        "The server does not speak TLS 1.2 or later.",
        "Enable TLS 1.2 and TLS 1.3 on {mx} (RFC 8996 retired the older ones)."),
    ROW(NO_SHARED_CIPHER_SUITE, "no_shared_cipher_suite",
        "The TLS versions fit, but no suite, group or signature algorithm is common.",
        "Enable the usual suites (ECDHE with AES-GCM), groups (X25519, P-256) and a certificate "
        "that they can use on {mx}."),
    ROW(HANDSHAKE_FAILURE, "handshake_failure", "The TLS handshake failed.",
        "Look at the TLS log of {mx} at the time of this probe; try: openssl s_client -starttls "
        "smtp -connect {mx}:25 -servername {mx}"),
    ROW(UNEXPECTED_MESSAGE, "unexpected_message",
        "The server sent bytes that do not belong where TLS should begin.",
        "Check what stands between the Internet and {mx}: a proxy or a mail server that answers "
        "STARTTLS with 220 must speak nothing but TLS afterwards."),
    ROW(MTA_STS_POLICY_NOT_FOUND, "mta_sts_policy_not_found", "There is no MTA-STS policy.",
        "Publish the policy at https://mta-sts.{domain}/.well-known/mta-sts.txt, or remove the "
        "_mta-sts record."),
    ROW(MTA_STS_POLICY_INVALID, "mta_sts_policy_invalid",
        "The MTA-STS record or policy breaks RFC 8461.",
        "Correct it as the detail says; test it beforehand with: mxprobe lint"),
    ROW(MTA_STS_POLICY_FETCH_ERROR, "mta_sts_policy_fetch_error",
        "The MTA-STS record is there, but the policy cannot be fetched.",
        "Make https://mta-sts.{domain}/.well-known/mta-sts.txt answer with status 200 over TLS "
        "1.2 or later, without a redirect, in under a minute and 64 KiB."),
    ROW(MTA_STS_CONNECTION_FAILURE, "mta_sts_connection_failure",
        "No MX host gives a TLS session that satisfies the MTA-STS policy.",
        "Mend what the other findings say; until then set the policy to mode testing and change "
        "the id of the _mta-sts record."),
    ROW(MTA_STS_INVALID_HOSTNAME, "mta_sts_invalid_hostname",
        "An MX host is not in the MTA-STS policy.",
        "Add \"mx: {mx}\" to the policy and change the id of the _mta-sts record, or remove the MX "
        "record."),
    ROW(MTA_STS_POLICY_UPGRADE, "mta_sts_policy_upgrade",
        "A policy asks for TLS, and the host does not let the session be upgraded.",
        "Enable STARTTLS on {mx} for clients from the Internet, and check that no firewall or "
        "proxy in front of it removes or refuses it."),
    ROW(DNS_NO_MAIL_HOST, "dns_no_mail_host", "The domain has no host that takes mail.",
        "Publish an MX record for {domain}, or a null MX (RFC 7505) if it takes no mail."),
    ROW(NULL_MX, "null_mx", "The domain says that it takes no mail (RFC 7505).",
        "Nothing to do, if {domain} is not to receive mail."),
    ROW(NULL_MX_CONFLICT, "null_mx_conflict", "A null MX stands beside other MX records.",
        "Remove either the null MX (\"0 .\") or the others: RFC 7505 allows it only alone."),
    ROW(DNS_TEMPORARY_FAILURE, "dns_temporary_failure", "The DNS gave no usable answer.",
        "Check the name servers of the zone; try another resolver with --resolver."),
    ROW(DNSSEC_BOGUS, "dnssec_bogus", "The answer fails DNSSEC validation.",
        "Check signatures and DS records of the zone (https://dnsviz.net, delv); validating "
        "senders defer mail until it is mended."),
    ROW(MX_NO_ADDRESS, "mx_no_address", "An MX host has no address.",
        "Give {mx} an A or AAAA record, or remove the MX record."),
    ROW(MX_IS_CNAME, "mx_is_cname", "An MX record points to an alias (RFC 2181 10.3).",
        "Let the MX record name the host itself."),
    ROW(MX_IS_LITERAL, "mx_is_literal", "An MX record names an IP address.",
        "Let the MX record name a host: senders do not accept an address there."),
    ROW(MX_LIMIT_REACHED, "mx_limit_reached", "There are more MX hosts or addresses than probed.",
        "Nothing to do for this tool; no sender tries that many either."),
    ROW(DNSSEC_NOT_CHECKED, "dnssec_not_checked",
        "Whether answers are secured by DNSSEC could not be told.",
        "Use a validating resolver on this machine (--resolver 127.0.0.1), or --trust-ad where the "
        "path to the resolver is trusted."),
    ROW(CONNECTION_REFUSED, "connection_refused", "The host refuses the connection.",
        "Check that the mail server on {mx} listens at {ip}, and its firewall."),
    ROW(NETWORK_UNREACHABLE, "network_unreachable", "There is no way to the host's address.",
        "Check the routing to {ip}."),
    ROW(CONNECTION_TIMEOUT, "connection_timeout", "The host does not answer.",
        "Check firewalls on both sides; many networks block outgoing port 25."),
    ROW(FAMILY_UNAVAILABLE, "family_unavailable",
        "This machine has no route for an address family; its endpoints were not tried.",
        "Run the check from a machine that has both IPv4 and IPv6."),
    ROW(TARGET_REFUSED, "target_refused",
        "The address lies in special-use space, and no packet was sent.",
        "Allow it with --allow-private if this is your own network."),
    ROW(TARGET_EXCLUDED, "target_excluded", "The target is on the exclude list.",
        "Nothing to do; take it off the list to probe it."),
    ROW(THROTTLED, "throttled", "The server put us off.",
        "Try again later, or from an address with a better reputation and a PTR record."),
    ROW(SERVICE_REFUSED, "service_refused", "The server refuses to talk to us.",
        "Try from an address that the server accepts (--source, --ehlo)."),
    ROW(SMTP_TIMEOUT, "smtp_timeout", "The server stopped answering.",
        "Look at the load and the log of {mx}; a longer --timeout tells slow from silent."),
    ROW(SMTP_CLOSED, "smtp_closed", "The server closed the connection where a reply was due.",
        "Look at the log of {mx}: it may block the address of this probe."),
    ROW(SMTP_PROTOCOL_ERROR, "smtp_protocol_error", "The server sent something that is not SMTP.",
        "Check what listens on that port of {ip}."),
    ROW(SMTP_AFTER_TLS, "smtp_after_tls", "EHLO inside TLS fails.",
        "Look at the log of {mx}: mail cannot be handed over, although TLS came up."),
    ROW(EHLO_REFUSED, "ehlo_refused", "The server knows only HELO, and so no STARTTLS.",
        "Enable ESMTP on {mx}, or turn off the SMTP inspection of the firewall in front of it."),
    ROW(STARTTLS_NOT_OFFERED, "starttls_not_offered", "The server does not offer STARTTLS.",
        "Enable TLS for incoming mail on {mx}, with a certificate for that name."),
    ROW(STARTTLS_REFUSED, "starttls_refused", "The server offers STARTTLS and refuses it.",
        "Look at the log of {mx}: most often its certificate or key cannot be read."),
    ROW(STARTTLS_STRIPPED, "starttls_stripped",
        "STARTTLS works although EHLO does not offer it: something on the path removes it.",
        "Turn off the SMTP inspection (\"fixup\") of the firewall in front of {mx}."),
    ROW(STARTTLS_REPEATED, "starttls_repeated", "STARTTLS is offered again inside TLS.",
        "Harmless; RFC 3207 4.2 asks that it not be offered there."),
    ROW(STARTTLS_INJECTION, "starttls_injection",
        "The server runs commands that were sent in the clear behind STARTTLS (CVE-2011-0411).",
        "Update the mail server on {mx}: what came before TLS must be thrown away when TLS "
        "begins."),
    ROW(CHAIN_EXTRA_EXPIRED, "chain_extra_expired",
        "An expired certificate is sent along that verification does not need.",
        "Remove it from the chain file of {mx}: old software may stumble over it."),
    ROW(CERTIFICATE_EXPIRES_SOON, "certificate_expires_soon", "A certificate ends soon.",
        "Renew the certificate on {mx} in time, and check that renewal is automatic."),
    ROW(MUST_STAPLE_MISSING, "must_staple_missing",
        "The certificate demands a stapled OCSP response, and none is sent.",
        "Enable OCSP stapling on {mx}, or get a certificate without that demand."),
    ROW(STS_PATTERN_UNUSED, "sts_pattern_unused", "A pattern of the policy matches no MX host.",
        "Remove the pattern unless a host by that name is about to come."),
    ROW(STS_MAX_AGE_SHORT, "sts_max_age_short",
        "The policy is kept for under a day, which protects little.",
        "Set max_age to weeks (604800 or more; RFC 8461 3.2)."),
    ROW(STS_MAX_AGE_CLAMPED, "sts_max_age_clamped",
        "max_age is over the limit of a year, which senders use instead.",
        "Set max_age to 31557600 or less."),
    ROW(STS_RECORD_NONSTANDARD, "sts_record_nonstandard",
        "The record has white space before the first semicolon, where senders differ.",
        "Write it as \"v=STSv1; id=…;\"."),
    ROW(TLSA_UNUSABLE, "tlsa_unusable", "No TLSA record of the host can be used by a sender.",
        "Publish \"3 1 1\" records with the SHA-256 of the key of {mx}: usages 0 and 1 and other "
        "unknown parameters do not count for SMTP (RFC 7672 3.1)."),
    ROW(DANE_NO_MATCH, "dane_no_match", "No TLSA record matches the certificate.",
        "Publish the TLSA record of the current key, or go back to the key that is published; "
        "at the next change publish the new record before the new certificate."),
    ROW(DANE_REQUIRED, "dane_required", "DANE is required, and the host has no usable TLSA record.",
        "Sign the zone of {mx} with DNSSEC and publish a \"3 1 1\" TLSA record."),
    ROW(TLS_RPT_ABSENT, "tls_rpt_absent", "The domain asks for no TLS reports.",
        "Publish at _smtp._tls.{domain}: \"v=TLSRPTv1; rua=mailto:tls-reports@{domain}\"."),
    ROW(TLS_RPT_INVALID, "tls_rpt_invalid", "The TLS-RPT record breaks RFC 8460: no reports come.",
        "Correct it as the detail says; test it beforehand with: mxprobe lint tlsrpt-record"),
    ROW(NO_DOWNGRADE_PROTECTION, "no_downgrade_protection",
        "Nothing stops an attacker on the path from having mail delivered in the clear.",
        "Publish an MTA-STS policy, or DNSSEC with TLSA records."),
    ROW(WHAT_IF_UNUSED, "what_if_unused", "--sts-mode had no policy to act on.",
        "Give a policy with --sts-policy FILE."),
    ROW(PROBE_ERROR, "probe_error", "Trouble on this side; it says nothing about the domain.",
        "Free memory or descriptors (ulimit -n) on this machine and run it again."),
};

const struct reason_info *reason_info(enum reason reason)
{
    return &reasons[reason];
}

const char *result_type_text(enum result_type type)
{
    static const char *const words[] = {
        [RESULT_NONE] = NULL,
        [RESULT_STARTTLS_NOT_SUPPORTED] = "starttls-not-supported",
        [RESULT_CERTIFICATE_HOST_MISMATCH] = "certificate-host-mismatch",
        [RESULT_CERTIFICATE_EXPIRED] = "certificate-expired",
        [RESULT_CERTIFICATE_NOT_TRUSTED] = "certificate-not-trusted",
        [RESULT_VALIDATION_FAILURE] = "validation-failure",
        [RESULT_STS_POLICY_FETCH_ERROR] = "sts-policy-fetch-error",
        [RESULT_STS_POLICY_INVALID] = "sts-policy-invalid",
        [RESULT_STS_WEBPKI_INVALID] = "sts-webpki-invalid",
        [RESULT_TLSA_INVALID] = "tlsa-invalid",
        [RESULT_DNSSEC_INVALID] = "dnssec-invalid",
        [RESULT_DANE_REQUIRED] = "dane-required",
    };
    return words[type];
}

const char *policy_type_text(enum policy_type type)
{
    static const char *const words[] = {
        [POLICY_TYPE_NONE] = NULL,
        [POLICY_TYPE_NO_POLICY] = "no-policy-found",
        [POLICY_TYPE_STS] = "sts",
        [POLICY_TYPE_TLSA] = "tlsa",
    };
    return words[type];
}

const char *severity_text(enum severity severity)
{
    static const char *const words[] = {
        [SEVERITY_INFO] = "info",
        [SEVERITY_UNKNOWN] = "unknown",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_FAIL] = "fail",
    };
    return words[severity];
}

const char *finding_stage_text(enum finding_stage stage)
{
    static const char *const words[] = {
        [STAGE_DNS] = "dns",
        [STAGE_RECORD] = "record",
        [STAGE_POLICY_HOST] = "policy-host",
        [STAGE_CONNECT] = "connect",
        [STAGE_BANNER] = "banner",
        [STAGE_EHLO] = "ehlo",
        [STAGE_STARTTLS] = "starttls",
        [STAGE_HANDSHAKE] = "handshake",
        [STAGE_CERTIFICATE] = "certificate",
        [STAGE_TLS_EHLO] = "tls-ehlo",
        [STAGE_POLICY] = "policy",
    };
    return words[stage];
}
