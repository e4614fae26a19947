/*
 * Inside of the guide: the tables by subject, and the commands that several rows share.
 */
#ifndef POLICY_GUIDE_PARTS_H
#define POLICY_GUIDE_PARTS_H

#include "policy/guide.h"

extern const struct guide_subject guide_certificate;
extern const struct guide_subject guide_handshake;
extern const struct guide_subject guide_sts;
extern const struct guide_subject guide_dane;
extern const struct guide_subject guide_dns;
extern const struct guide_subject guide_smtp;
extern const struct guide_subject guide_run;

#define GUIDE_COUNT(array) (sizeof(array) / sizeof *(array))

/* The chain as a sender sees it; the rest of the options and "</dev/null" follow. */
#define GUIDE_S_CLIENT "openssl s_client -starttls smtp -connect {mx}:25 -servername {mx}"
/* The SMTP dialogue up to TLS and behind it, without a mail transaction; -k: not about trust. */
#define GUIDE_DIALOGUE "curl -svk -m 60 --ssl-reqd smtp://{mx}:25"
/* The same in the clear. */
#define GUIDE_CLEARTEXT "curl -sv -m 60 smtp://{mx}:25"
#define GUIDE_POLICY "curl -sSi -m 60 https://mta-sts.{domain}/.well-known/mta-sts.txt"

/* Where the certificate and its key stand. */
#define GUIDE_POSTFIX_CHAIN \
    "smtpd_tls_chain_files = /etc/postfix/tls/privkey.pem, /etc/postfix/tls/fullchain.pem"
#define GUIDE_EXIM_CHAIN                               \
    "tls_certificate = /etc/exim4/tls/fullchain.pem\n" \
    "tls_privatekey = /etc/exim4/tls/privkey.pem"

#define GUIDE_NOT_REPORTED    \
    {                         \
        {                     \
            RESULT_NONE, NULL \
        }                     \
    }

#endif
