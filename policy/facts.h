/*
 * The facts about one recipient domain, as gathered by probe/ and judged by policy/verdict.h:
 * what the DNS, the policy host and every mail host said. Nothing in here is an opinion. Text
 * that came from a stranger is kept as it came; output/ escapes it.
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/address.h"
#include "dns/answer.h"
#include "policy/fetch.h"
#include "policy/sts.h"
#include "policy/survey.h"
#include "tls/facts.h"
#include "tls/hello.h"
#include "tls/resumption.h"

enum { FACTS_MX_HOSTS_MAX = 32, FACTS_ADDRESSES_MAX = 16 };

/* --- one SMTP session at one address ------------------------------------------------------ */

/* The last stage that a session reached; the names of CONTRACT.md's `stage`. */
enum smtp_stage {
    SMTP_STAGE_CONNECT,
    SMTP_STAGE_BANNER,
    SMTP_STAGE_EHLO,
    SMTP_STAGE_STARTTLS,
    SMTP_STAGE_HANDSHAKE,
    SMTP_STAGE_TLS_EHLO,
    SMTP_STAGE_DONE,
};

/* "connect", …, "tls-ehlo", "done". Static. */
const char *smtp_stage_text(enum smtp_stage stage);

/* Why a session ended before its QUIT, or SMTP_FINE. `stage` says where. */
enum smtp_problem {
    SMTP_FINE,
    SMTP_CONNECTION_REFUSED,
    SMTP_UNREACHABLE,         /* EHOSTUNREACH, ENETUNREACH and the like */
    SMTP_FAMILY_UNAVAILABLE,  /* this machine has no route for the address family: not tried */
    SMTP_TIMED_OUT,           /* the phase's deadline passed */
    SMTP_DEADLINE,            /* the domain's deadline passed: our own limit */
    SMTP_CLOSED,              /* end of file or reset where a reply was due: `os_error` 0 or set */
    SMTP_MALFORMED,           /* not an SMTP reply, or over a size limit: `reply_text` says what */
    SMTP_TEMPORARY_REPLY,     /* 4xx or 421: `reply_code`, `reply_text` */
    SMTP_PERMANENT_REPLY,     /* 5xx banner; EHLO and HELO both refused */
    SMTP_STARTTLS_UNANSWERED, /* STARTTLS met with silence, a close or a wrong code */
    SMTP_PLAINTEXT_AFTER_220, /* `after_220` */
    SMTP_TLS_FAILED,          /* `tls_failure` */
    SMTP_TARGET_REFUSED,      /* special-use address without --allow-private: no packet sent */
    SMTP_TARGET_EXCLUDED,     /* on an exclude list: no packet sent */
    SMTP_INTERRUPTED,         /* we were told to stop */
    SMTP_OURS,                /* memory, descriptors: `os_error` */
};

enum smtp_starttls {
    SMTP_STARTTLS_NOT_TRIED, /* the session did not get that far */
    SMTP_STARTTLS_NOT_OFFERED,
    SMTP_STARTTLS_REFUSED,
    SMTP_STARTTLS_ACCEPTED,
};

/* "not-tried", "not-offered", "refused", "accepted". Static. */
const char *smtp_starttls_text(enum smtp_starttls starttls);

/* Milliseconds that each phase took; -1 where it was not finished. */
struct smtp_timings {
    int connect, banner, ehlo, starttls, handshake;
};

/*
 * What further, wider attempts told about a failed handshake (at most AUTOPSY_CONNECTIONS_MAX of
 * them): what the server would have negotiated with a client of the past.
 */
enum { AUTOPSY_CONNECTIONS_MAX = 3, AUTOPSY_WORD_MAX = 64 };

struct autopsy {
    unsigned connections; /* made beside the first; 0: there was no autopsy */
    bool wide;            /* a wide handshake by OpenSSL finished */
    char protocol[AUTOPSY_WORD_MAX], cipher[AUTOPSY_WORD_MAX]; /* of that; OpenSSL's names */
    bool by_hand; /* a ServerHello answered the ClientHello that was made by hand */
    struct tls_server_hello hello;
};

/*
 * What a second session told that offers only the kind of key that the first did not show: RSA, or
 * EC and EdDSA (--both-keys).
 */
enum other_key_status {
    OTHER_KEY_NOT_LOOKED, /* not asked for, or there is no session whose key could have another */
    OTHER_KEY_NONE,       /* the server has no certificate for such an offer */
    OTHER_KEY_SEEN,
    OTHER_KEY_UNKNOWN, /* the session did not get far enough to tell: `problem`, `failure` */
};

struct other_key {
    enum other_key_status status;
    enum smtp_problem problem;
    struct tls_failure failure; /* of a handshake that failed */
    struct tls_facts *tls;      /* what was shown; NULL unless seen */
    struct tls_resumption resumption;
};

/* What became of a ClientHello made by hand. */
enum hello_outcome {
    HELLO_NOT_SENT,   /* the session did not get that far */
    HELLO_UNANSWERED, /* in time, or as long as we listened */
    HELLO_CLOSED,     /* by a close or a reset */
    HELLO_ALERT,
    HELLO_CHOSEN,  /* by a ServerHello */
    HELLO_NOT_TLS, /* by bytes that are neither */
};

/* One line of the dialogue, kept for -v. */
struct smtp_line {
    int at_ms;      /* since the session began */
    char direction; /* '>' sent, '<' received, '*' a remark */
    char *text;
};

struct smtp_facts {
    atomic_uint references;
    struct dns_address address;
    uint16_t port;
    bool source_known;         /* the connection was there */
    struct dns_address source; /* of it: our own end */
    unsigned connections;      /* made for all this, one after the other: closer looks included */
    enum smtp_stage stage;
    enum smtp_problem problem;
    int os_error;
    int reply_code; /* of the reply that ended the session, 0 when none did */
    char *
        reply_text; /* that reply's text, lines joined by a space; or a remark on malformed bytes */
    enum smtp_stage deviation_stage;
    const char *deviation; /* what in the replies is not as RFC 5321 has it, and no sender minds;
                              static; NULL when nothing is */
    char *banner;        /* "220 mx.example.test ESMTP", lines joined by a space; NULL when none */
    char *helo;          /* the name the server gave itself in its EHLO reply (RFC 5321 4.1.1.1) */
    char **capabilities; /* EHLO keywords with parameters, before TLS */
    size_t n_capabilities;
    bool ehlo_refused; /* EHLO was refused and HELO accepted */
    enum smtp_starttls starttls;
    bool injected; /* a command sent behind STARTTLS, before TLS, was answered inside TLS */
    bool starttls_inside_tls; /* STARTTLS offered again after the handshake */
    uint8_t *after_220;       /* bytes that came behind the 220 to STARTTLS before any TLS */
    size_t after_220_length;
    struct tls_facts *tls;            /* NULL where no handshake finished */
    struct tls_resumption resumption; /* that the server offered by the session's end */
    struct tls_failure tls_failure;
    struct other_key other_key;
    enum hello_outcome hello_outcome; /* of an attempt whose ClientHello is made by hand */
    struct tls_server_hello hello;
    struct autopsy autopsy;
    struct tls_survey survey;
    struct smtp_timings timings;
    int64_t observed_at_ms; /* wall clock */
    struct smtp_line *dialogue;
    size_t n_dialogue;
};

/*
 * One reference, stage connect, SMTP_OURS, timings -1. NULL when out of memory. Once the session
 * is over the facts do not change, and threads may share them.
 */
struct smtp_facts *smtp_facts_new(const struct dns_address *address, uint16_t port);
struct smtp_facts *smtp_facts_ref(struct smtp_facts *facts);
void smtp_facts_unref(struct smtp_facts *facts);

/* About how much memory the facts take, certificates as OpenSSL holds them included. */
size_t smtp_facts_bytes(const struct smtp_facts *facts);

/* --- one MX host -------------------------------------------------------------------------- */

struct host_facts {
    char *host; /* as the MX record names it, lower case, no final dot */
    uint16_t preference;
    bool is_literal;      /* the MX names an IP address */
    struct dns_answer *a; /* NULL when not asked (-4, -6, a literal) */
    struct dns_answer *aaaa;
    struct dns_answer *cname; /* asked only when the addresses are an insecure alias expansion */
    struct dns_answer *tlsa;  /* the answer that counts; NULL when none was asked for */
    char *tlsa_base;          /* the name under which it was found (RFC 7672 2.2.2), or NULL */
    struct smtp_facts **endpoints;
    size_t n_endpoints;
    size_t addresses_seen; /* more than n_endpoints when FACTS_ADDRESSES_MAX cut the list */
};

/* --- one domain --------------------------------------------------------------------------- */

struct domain_facts {
    char *domain; /* A-labels, lower case */
    uint16_t smtp_port;
    bool ipv4, ipv6; /* the address families that were to be used */
    struct dns_answer *mx;
    struct host_facts *hosts; /* ascending preference, then as received */
    size_t n_hosts;
    size_t hosts_seen;                 /* more than n_hosts when FACTS_MX_HOSTS_MAX cut the list */
    struct dns_answer *sts_txt;        /* _mta-sts */
    struct sts_fetch_facts *sts_fetch; /* NULL when no valid record called for it */
    bool sts_mode_given;               /* --sts-mode, in place of the mode in the file */
    enum sts_mode sts_mode;
    struct dns_answer *tlsrpt_txt; /* _smtp._tls */
    bool ad_believed;
    enum dns_validation validation;
    bool excluded;         /* on an exclude list: nothing was asked, of anybody */
    bool interrupted;      /* told to stop before all was known */
    const char *trouble;   /* our own, such as "out of memory", static; NULL when none */
    int64_t started_at_ms; /* wall clock */
    int elapsed_ms;
};

/* Zeroed but for the name. NULL when out of memory. */
struct domain_facts *domain_facts_new(const char *domain);
void domain_facts_free(struct domain_facts *facts);

/* The security of the host's addresses, all families together: the least of them. */
enum dns_security host_address_security(const struct host_facts *host);

#endif
