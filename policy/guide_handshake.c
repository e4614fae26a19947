/* Rows 13 to 27: the handshake. */
#include "policy/guide_parts.h"

#define VALIDATION_FAILURE                 \
    {                                      \
        {RESULT_VALIDATION_FAILURE, NULL}, \
    }
#define SEEN_AS                                                                           \
    "Postfix: `validation-failure` (`tls-handshake-failure`). mox: `validation-failure` " \
    "(`tls-remote-alert-70-…`, `io-timeout-during-handshake`). Stalwart: "              \
    "`certificate-not-trusted`."

static const struct guide guides[] = {
    {
        .reason = REASON_PROTOCOL_VERSION_MISMATCH,
        .reported = VALIDATION_FAILURE,
        .seen_as = SEEN_AS,
        .confirm = "for v in tls1 tls1_1 tls1_2 tls1_3; do openssl s_client -starttls smtp "
                   "-connect {mx}:25 -$v \\\n"
                   "    -cipher ALL:@SECLEVEL=0 -brief </dev/null 2>&1 | grep Protocol; done",
        .shows = "One line for each version that it speaks. TLSv1.2 and TLSv1.3 are missing; no "
                 "line at all: it speaks none of the four.",
        .mend_postfix = "# Before Postfix 3.6: !SSLv2, !SSLv3, !TLSv1, !TLSv1.1\n"
                        "smtpd_tls_protocols = >=TLSv1.2\n"
                        "smtpd_tls_mandatory_protocols = >=TLSv1.2",
        .mend_exim = "# With GnuTLS (Debian)\n"
                     "tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2\n"
                     "# With OpenSSL in its place:\n"
                     "# openssl_options = +no_sslv2 +no_sslv3 +no_tlsv1 +no_tlsv1_1",
        .mend_generic =
            "A server without TLS 1.2 runs a TLS library from before 2012, or a setting for the "
            "sake of old clients names versions one by one. A mail gateway or load balancer in "
            "front may be what speaks TLS here.",
    },
    {
        .reason = REASON_INSECURE_CIPHER_SUITE,
        .reported = VALIDATION_FAILURE,
        .seen_as = SEEN_AS,
        .confirm = "gnutls-cli --starttls-proto=smtp --port 25 --insecure \\\n"
                   "    --priority LEGACY:+3DES-CBC:+ARCFOUR-128:+ANON-ECDH:+ANON-DH {mx} "
                   "</dev/null",
        .shows =
            "The line `Description:` names what the server chose: 3DES-CBC, ARCFOUR-128 (RC4), "
            "ANON, or a DHE group under 2048 bits, as in DHE-CUSTOM1024.",
        .mend_postfix = "# And no tls_medium_cipherlist: its default is right\n"
                        "smtpd_tls_ciphers = medium\n"
                        "smtpd_tls_exclude_ciphers = aNULL, RC4, 3DES\n"
                        "# Empty: the group of 2048 bits that is built in\n"
                        "smtpd_tls_dh1024_param_file =",
        .mend_exim = "# With GnuTLS (Debian)\n"
                     "tls_require_ciphers = NORMAL\n"
                     "# With OpenSSL in its place:\n"
                     "# tls_require_ciphers = HIGH:!aNULL:!3DES\n"
                     "# tls_dhparam = ffdhe2048",
        .mend_generic = "Leave the list of suites to the library's default: lists written by hand "
                        "are how servers get stuck at what was good once.",
    },
    {
        .reason = REASON_NO_SHARED_CIPHER_SUITE,
        .reported = VALIDATION_FAILURE,
        .seen_as = SEEN_AS,
        .confirm = GUIDE_S_CLIENT " -tls1_2 -brief \\\n"
                                  "    -cipher ALL:COMPLEMENTOFALL:@SECLEVEL=0 </dev/null",
        .shows = "A `Ciphersuite:` that is in no sender's default list; without `-cipher` the "
                 "command ends in alert 40 or 71.",
        .mend_postfix = "# And no tls_medium_cipherlist, no tls_eecdh_auto_curves\n"
                        "smtpd_tls_ciphers = medium\n"
                        "smtpd_tls_eecdh_grade = auto",
        .mend_exim = "# With GnuTLS (Debian)\n"
                     "tls_require_ciphers = NORMAL\n"
                     "# With OpenSSL in its place:\n"
                     "# tls_require_ciphers = HIGH:!aNULL\n"
                     "# tls_eccurve = auto",
        .mend_generic = "An ECDSA certificate alone and RSA suites alone, or the other way round, "
                        "give this too: the suites must fit the key of the certificate. Curves "
                        "other than P-256 and P-384 are not known to all senders.",
    },
    {
        .reason = REASON_HANDSHAKE_FAILURE,
        .reported = VALIDATION_FAILURE,
        .seen_as = SEEN_AS,
        /* The sleep: under TLS 1.3 an alert about our certificate comes after the handshake. */
        .confirm = "sleep 5 | " GUIDE_S_CLIENT " -state",
        .shows = "The last `SSL_connect:` line is where it stopped, then the alert of the server "
                 "(`SSL alert number`), `unexpected eof` (it closed), `errno` (it reset), or "
                 "nothing (it fell silent). Alerts 42 to 46, 48, 50 and 116 after `write client "
                 "certificate`: it demands one.",
        .mend_postfix = "# Ask no stranger for a certificate, and log the handshakes\n"
                        "smtpd_tls_req_ccert = no\n"
                        "smtpd_tls_ask_ccert = no\n"
                        "smtpd_tls_loglevel = 1",
        .mend_exim = "# Ask no stranger for a certificate, and log the handshakes\n"
                     "tls_verify_hosts =\n"
                     "tls_try_verify_hosts =\n"
                     "log_selector = +tls_cipher +tls_peerdn",
        .mend_generic =
            "The server's log has its side of it at the time of the command. Closed or silent "
            "without a line there: a firewall that inspects port 25, or one that drops large "
            "packets. Only with `-servername` or only without: the server chooses by SNI and "
            "fails for this name.",
    },
    {
        .reason = REASON_UNEXPECTED_MESSAGE,
        .reported = VALIDATION_FAILURE,
        .seen_as = SEEN_AS,
        .confirm = GUIDE_DIALOGUE,
        .shows = "After `STARTTLS` and its 220: `wrong version number` (no TLS came), `unexpected "
                 "message`, or the end at once (text came along with the 220).",
        .mend_generic =
            "Run it once more on the mail server itself: if TLS comes up there, the text is "
            "from the firewall, proxy or load balancer in front, which answers STARTTLS itself "
            "or goes on reading SMTP. Hiding STARTTLS only puts mail in the clear: turn "
            "the inspection off, or let it take part in TLS.",
    },
};

const struct guide_subject guide_handshake = {
    "The TLS handshake",
    "The session was asked for with STARTTLS, granted with 220, and then failed. mxprobe offers "
    "TLS 1.2 and 1.3 at OpenSSL's security level 2; Postfix at its defaults may still deliver "
    "where old versions or suites are the trouble.",
    guides, GUIDE_COUNT(guides)};
