/* Rows 54 to 67 and 75: MTA-STS and TLS-RPT. */
#include "policy/guide_parts.h"

#define RECORD "dig +short _mta-sts.{domain} TXT"
#define PATTERNS                \
    "dig +short {domain} MX;\n" \
    "curl -sS -m 60 https://mta-sts.{domain}/.well-known/mta-sts.txt | grep mx:"

static const struct guide policies[] = {
    {
        .reason = REASON_MTA_STS_POLICY_NOT_FOUND,
        .reported = {{RESULT_STS_POLICY_FETCH_ERROR, "where the record is there"},
                     {RESULT_NONE, "where there is no record: then the domain has no MTA-STS"}},
        .confirm = RECORD "; " GUIDE_POLICY,
        .shows = "No record that begins `v=STSv1;`; or the record, and `Could not resolve host` or "
                 "status 404 or 410 for the file.",
        .mend_generic =
            "With a policy: an A or AAAA record for mta-sts.{domain}, a certificate for that name, "
            "and the file. To give MTA-STS up, publish mode none with a new id first, and take "
            "record and file away when the max_age of the old policy is over: senders keep what "
            "they have.",
    },
    {
        .reason = REASON_MTA_STS_POLICY_INVALID,
        .reported = {{RESULT_STS_POLICY_INVALID, "where it is the file"},
                     {RESULT_NONE, "where it is the record: senders see no policy"}},
        .seen_as = "Invalid record: mox, Stalwart: `sts-policy-fetch-error`; most say nothing.",
        .confirm = RECORD "; " GUIDE_POLICY,
        .shows =
            "More than one record, or one that is not `v=STSv1; id=` with up to 32 letters and "
            "digits; a `Content-Type` other than text/plain; a field missing, misspelt or "
            "indented, or a blank line.",
        .mend_generic =
            "The file has four kinds of lines: `version: STSv1`, `mode: enforce`, `mx: {mx}` for "
            "each host, `max_age: 604800`. The type in nginx: `default_type text/plain;` in the "
            "location; in Apache: `ForceType text/plain`. No compression.",
    },
    {
        .reason = REASON_MTA_STS_POLICY_FETCH_ERROR,
        .reported = {{RESULT_STS_POLICY_FETCH_ERROR, NULL}},
        .confirm = GUIDE_POLICY,
        .shows = "An error of curl (connect, time-out, TLS), or a status other than 200: 301 and "
                 "302 count as errors here. Of the size: over 65536 bytes.",
        .mend_generic =
            "Serve the file itself at that name: a redirect to www or to another domain is not "
            "followed. Check the AAAA record of mta-sts.{domain} too, and that no bot protection "
            "or geographic block stands before it: senders fetch it from servers abroad.",
    },
    {
        .reason = REASON_MTA_STS_INVALID_HOSTNAME,
        .reported = {{RESULT_VALIDATION_FAILURE, NULL}},
        .seen_as = "Postfix: `certificate-host-mismatch`. mox: `mtasts-policy-mx-mismatch`. "
                   "Stalwart: `MX not authorized by policy.` Microsoft: `MX_HOSTS_MISMATCH`. "
                   "Google: `validation-failure` without a code.",
        .confirm = PATTERNS,
        .shows = "{mx} in the first list and, by name or under a `*.`, not in the second. `*` "
                 "stands for exactly one label.",
        .mend_generic =
            "In this order when an MX host is added: its name into the policy, a new id into the "
            "record, then the MX record; when one goes, the other way round. After the fact: "
            "policy and id at once; most senders look at the id within a day.",
    },
    {
        .reason = REASON_MTA_STS_POLICY_UPGRADE,
        .reported = {{RESULT_STARTTLS_NOT_SUPPORTED, NULL}},
        .confirm = GUIDE_DIALOGUE,
        .shows = "`STARTTLS not supported`, `STARTTLS denied` with the server's code, EHLO "
                 "refused, or no answer to STARTTLS.",
        .mend_postfix = "smtpd_tls_security_level = may\n" GUIDE_POSTFIX_CHAIN "\n"
                        "# Neither may name starttls:\n"
                        "smtpd_discard_ehlo_keywords =\n"
                        "smtpd_discard_ehlo_keyword_address_maps =",
        .mend_exim = "tls_advertise_hosts = *\n" GUIDE_EXIM_CHAIN,
        .mend_generic = "See starttls_not_offered, starttls_refused and ehlo_refused for the three "
                        "ways. Under mode enforce no mail comes from senders with MTA-STS until "
                        "then: mode testing with a new id opens the door meanwhile.",
    },
    {
        .reason = REASON_MTA_STS_CONNECTION_FAILURE,
        .reported = {{RESULT_VALIDATION_FAILURE, NULL}},
        .confirm = GUIDE_S_CLIENT " -brief -verify_return_error \\\n"
                                  "    -verify_hostname {mx} </dev/null",
        .shows = "For each MX host that the policy allows: an error, in place of `Verification: "
                 "OK`.",
        .mend_generic =
            "This is the sum of the findings at the hosts: mend one host that the policy allows, "
            "and mail comes through. Until then mode testing with a new id; senders that hold the "
            "old policy ask for the id again within a day or so.",
    },
    {
        .reason = REASON_STS_PATTERN_UNUSED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = PATTERNS,
        .shows = "A pattern of the second list without a host in the first.",
        .mend_generic = "A host that left long ago: whoever comes by its name could take mail for "
                        "{domain}. Change the id with the file.",
    },
    {
        .reason = REASON_STS_MAX_AGE_SHORT,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_POLICY,
        .shows = "A `max_age` under 86400.",
        .mend_generic = "A policy protects from the second delivery within max_age on. Short is "
                        "right while testing; once in enforce go up to 604800, then 2592000.",
    },
    {
        .reason = REASON_STS_MAX_AGE_CLAMPED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_POLICY,
        .shows = "A `max_age` over 31557600.",
        .mend_generic =
            "RFC 8461 3.2 sets the limit; what a sender does with more is its own choice.",
    },
    {
        .reason = REASON_STS_RECORD_NONSTANDARD,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = RECORD,
        .shows = "`v=STSv1 ;`, with white space before the semicolon.",
        .mend_generic =
            "See erratum 6285 of RFC 8461: some senders take such a record, others see none.",
    },
    {
        .reason = REASON_NO_DOWNGRADE_PROTECTION,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short _mta-sts.{domain} TXT; dig +short _25._tcp.{mx} TLSA",
        .shows = "Nothing for any MX host, or a policy in mode none.",
        .mend_generic =
            "MTA-STS needs a web server and a certificate from a public CA on each MX host; DANE "
            "needs DNSSEC for {domain} and for the zone of the MX hosts. Both together do no harm. "
            "Publish the TLS-RPT record first, and MTA-STS in mode testing for some weeks.",
    },
    {
        .reason = REASON_TLS_RPT_ABSENT,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short _smtp._tls.{domain} TXT",
        .shows = "Nothing that begins `v=TLSRPTv1;`.",
        .mend_generic = "Reports come daily from each large sender, as gzipped JSON: give them an "
                        "address of their own, outside {domain} if mail to it is what is to be "
                        "watched, and let a program read them.",
    },
    {
        .reason = REASON_TLS_RPT_INVALID,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short _smtp._tls.{domain} TXT",
        .shows = "Two records that begin `v=TLSRPTv1;`, or one without `rua=` and a `mailto:` or "
                 "`https:` URI.",
        .mend_generic = "One record; several receivers are separated by commas within `rua=`; a "
                        "comma, semicolon or exclamation mark within a URI is percent-encoded.",
    },
};

const struct guide_subject guide_sts = {
    "MTA-STS and TLS-RPT",
    "These are matters of DNS and of the web server of mta-sts.{domain}, not of the mail server. "
    "Whatever is changed in the policy, the id of the _mta-sts record has to change with it.",
    policies, GUIDE_COUNT(policies)};
