/* Rows 41 to 53, 64, 71, 72, 76 and 79: certificates. */
#include "policy/guide_parts.h"

#define CHAIN GUIDE_S_CLIENT " -brief -verify_return_error </dev/null"
#define AT_POLICY_HOST                                                                      \
    {                                                                                       \
        RESULT_STS_WEBPKI_INVALID, "where it is the certificate of the MTA-STS policy host" \
    }
#define NOT_TRUSTED                                             \
    {                                                           \
        {RESULT_CERTIFICATE_NOT_TRUSTED, NULL}, AT_POLICY_HOST, \
    }

static const struct guide guides[] = {
    {
        .reason = REASON_CERTIFICATE_EXPIRED,
        .reported = {{RESULT_CERTIFICATE_EXPIRED, NULL}, AT_POLICY_HOST},
        .confirm = CHAIN,
        .shows = "`verify error:num=10:certificate has expired` with its `notAfter`; `depth=0` is "
                 "the host's own certificate, a higher depth an issuer's.",
        .mend_postfix = "# Renew what this names, then: postfix reload\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# Renew what these name, then: systemctl reload exim4\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "Most often the renewal ran and the mail server still holds the old file: let the ACME "
            "client reload it (certbot: `--deploy-hook`). Every host behind {mx} needs the new "
            "file. An issuer's certificate that ended is replaced by the CA's current chain file. "
            "Under DANE keep the key (certbot: `--reuse-key`), or publish its TLSA record first.",
    },
    {
        .reason = REASON_CERTIFICATE_NOT_VALID_YET,
        .reported = NOT_TRUSTED,
        .seen_as = "Postfix: `validation-failure`. mox: `certificate-expired`. Microsoft: "
                   "`tlsa-invalid`.",
        .confirm = CHAIN,
        .shows = "`verify error:num=9:certificate is not yet valid` with its `notBefore`.",
        .mend_postfix = "# The former certificate until then; postfix reload\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim =
            "# The former certificate until then; systemctl reload exim4\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "Set the clock of the machine that issues the certificates (`timedatectl`), and let a "
            "CA of your own date them an hour back. Compare with the clock of the machine on which "
            "the command ran, too.",
    },
    {
        .reason = REASON_CERTIFICATE_REVOKED,
        .reported = NOT_TRUSTED,
        .confirm = GUIDE_S_CLIENT " \\\n    -status -crl_check -crl_download </dev/null 2>&1 | "
                                  "grep -E 'Cert Status|verify error'",
        .shows = "`Cert Status: revoked` (from the stapled OCSP response) or `verify "
                 "error:num=23:certificate revoked` (from the CRL that the certificate names). "
                 "`num=3` says only that it names no CRL.",
        .mend_postfix =
            "# Key and certificate both new, then: postfix reload\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim =
            "# Key and certificate both new, then: systemctl reload exim4\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "Ask the CA why: after a leaked key the new certificate needs a new key, after a "
            "mis-issuance the old key may stay. A new key changes the TLSA record: publish it "
            "before the certificate.",
    },
    {
        .reason = REASON_UNTRUSTED_CERTIFICATE,
        .reported = NOT_TRUSTED,
        .seen_as = "Self-signed or of an unknown CA: Postfix: `validation-failure` "
                   "(`self-signed_certificate`). mox, Stalwart: `certificate-not-trusted`.",
        .confirm = CHAIN,
        .shows =
            "`num=18` or `num=19`: self-signed. `num=20` or `num=21`: the issuer is not known; at "
            "`depth=0`: the intermediate certificate is not sent. "
            "Others (`num=47`, `num=24`, `num=25`): an issuer may not sign this certificate.",
        .mend_postfix = "# In this order: key, certificate, intermediates (without the "
                        "root)\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# fullchain: the certificate, then the intermediates\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "Use the CA's \"fullchain\" file, not the certificate alone: that browsers accept the "
            "short one says nothing, they fetch or remember intermediates and mail servers do "
            "not. To stay with a certificate of your own, publish a \"3 1 1\" TLSA record under "
            "DNSSEC; MTA-STS does not accept it.",
    },
    {
        .reason = REASON_NO_VALID_SIGNATURE,
        .reported = NOT_TRUSTED,
        .confirm = CHAIN,
        .shows = "`verify error:num=7:certificate signature failure`.",
        .mend_postfix = "# Copy the CA's files anew, then: postfix reload\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# Copy the CA's files anew, then: systemctl reload exim4\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "An issuer renewed under the same name with another key gives this, when its old "
            "certificate is in the chain file. Check the files before installing them: `openssl "
            "verify -untrusted chain.pem cert.pem`.",
    },
    {
        .reason = REASON_UNSUPPORTED_CERTIFICATE,
        .reported = NOT_TRUSTED,
        .confirm = GUIDE_S_CLIENT " -brief -auth_level 2 -verify_return_error </dev/null",
        .shows = "`num=66` or `num=67`: a key too small. `num=68`: signed with SHA-1 or MD5. "
                 "`num=26`: not made for servers. `num=34`: an unknown critical extension.",
        .mend_postfix = "# With the new certificate: postfix reload\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# With the new certificate: systemctl reload exim4\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "A new key: `openssl ecparam -name prime256v1 -genkey -noout`, or RSA with 2048 bits. "
            "A CA of your own must sign with SHA-256 and, if it sets an extended key usage, set "
            "serverAuth.",
    },
    {
        .reason = REASON_HOSTNAME_MISMATCH,
        .reported = {{RESULT_CERTIFICATE_HOST_MISMATCH, NULL}, AT_POLICY_HOST},
        .seen_as = "Postfix says `certificate-host-mismatch` also where the MX host is not in the "
                   "MTA-STS policy: see mta_sts_invalid_hostname.",
        .confirm = GUIDE_S_CLIENT " </dev/null 2>/dev/null |\n"
                                  "    openssl x509 -noout -subject -ext subjectAltName",
        .shows = "The names: {mx} is not among those after `DNS:`. One in the subject's CN does "
                 "not count, and `*` stands for one label only.",
        .mend_postfix = "# One certificate with all names, or one for each name (postmap -F):\n"
                        "tls_server_sni_maps = hash:/etc/postfix/sni",
        .mend_exim = "# One certificate with all the names of this server\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "The name wanted is that of the MX record, not the mail domain and not the target of "
            "an alias. Either get it into the certificate (certbot: `-d {mx}`), or let the MX "
            "record name the host that the certificate is for; then the MTA-STS policy must name "
            "that one.",
    },
    {
        .reason = REASON_CERTIFICATE_EXPIRES_SOON,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_S_CLIENT " -showcerts </dev/null 2>/dev/null | grep NotAfter",
        .shows = "The end of each certificate that is sent, the host's own first.",
        .mend_postfix = "# After the renewal: postfix reload\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# After the renewal: systemctl reload exim4\n" GUIDE_EXIM_CHAIN,
        .mend_generic =
            "Find out why it was not renewed already: ACME clients do it a third of the lifetime "
            "ahead (`certbot renew --dry-run`). If the file on disk is new, the server has not "
            "been reloaded.",
    },
    {
        .reason = REASON_CHAIN_EXTRA_EXPIRED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_S_CLIENT " -showcerts </dev/null 2>/dev/null | grep NotAfter",
        .shows = "A certificate that ended, below one that did not.",
        .mend_postfix =
            "# Take it out of the chain file, then: postfix reload\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim =
            "# Take it out of the chain file, then: systemctl reload exim4\n" GUIDE_EXIM_CHAIN,
        .mend_generic = "Take the CA's current chain file: most often this is an old cross "
                        "certificate that the CA no longer hands out.",
    },
    {
        .reason = REASON_MUST_STAPLE_MISSING,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = GUIDE_S_CLIENT " -status </dev/null 2>/dev/null | grep 'OCSP response:'",
        .shows = "`OCSP response: no response sent`.",
        .mend_postfix = "# Postfix does not staple: use a certificate without "
                        "must-staple\n" GUIDE_POSTFIX_CHAIN,
        .mend_exim = "# Renewed by a timer from the CA's responder\n"
                     "tls_ocsp_file = /etc/exim4/tls/ocsp.der",
        .mend_generic = "Hardly any mail server staples by itself: request the certificate without "
                        "must-staple (certbot: leave out `--must-staple`).",
    },
};

const struct guide_subject guide_certificate = {
    "Certificates",
    "Where a finding is about one address of several, connect to `{ip}:25` in place of {mx}:25 "
    "(IPv6 in brackets) and leave the rest. For the certificate of the policy host leave out "
    "`-starttls smtp` and take mta-sts.{domain}, port 443, for the host; senders differ there "
    "(mox: `sts-webpki-invalid`, Stalwart: `sts-policy-fetch-error`), and its mending is the web "
    "server's.",
    guides, GUIDE_COUNT(guides)};
