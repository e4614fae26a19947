/*
 * What the TLS survey of one address told: which protocol versions a server accepts, what it
 * prefers under each, and which weak classes of suites it would take. Facts only: nothing is judged
 * by them. Pure.
 */
#ifndef POLICY_SURVEY_H
#define POLICY_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/suite.h"

enum survey_status {
    SURVEY_UNKNOWN,  /* not asked, throttled, unreachable, or answered by what is no TLS */
    SURVEY_REFUSED,  /* by an alert, a close, or (a version) by the choice of an older one */
    SURVEY_ACCEPTED, /* by a ServerHello */
};

struct survey_answer {
    enum survey_status status;
    /* Of an accepted one, as in struct tls_server_hello: */
    uint16_t version, suite, group;
    unsigned prime_bits;
};

/* Whose order of suites counts where both sides have several in common. */
enum survey_order { SURVEY_ORDER_UNKNOWN, SURVEY_ORDER_CLIENT, SURVEY_ORDER_SERVER };

enum {
    SURVEY_VERSIONS = 5,               /* SSLv3 to TLS 1.3 */
    SURVEY_CLASSES = TLS_SUITE_STRONG, /* the weak ones, enum tls_suite_class */
    SURVEY_CONNECTIONS_MAX = 12,
};

struct tls_survey {
    unsigned connections; /* made beside the session; 0: there was no survey */
    enum survey_order order;
    struct survey_answer versions[SURVEY_VERSIONS]; /* version 0x0300 + index */
    struct survey_answer weak[SURVEY_CLASSES];      /* by class */
};

/* "accepted", "refused", "unknown". Static. */
const char *survey_status_text(enum survey_status status);

/* "anonymous", "null", "export", "rc4", "des" (DES and 3DES). Static. */
const char *survey_class_text(enum tls_suite_class suite_class);

/* OpenSSL's name of an accepted answer's suite. Static. */
const char *survey_cipher(const struct survey_answer *answer);

/*
 * The group of an accepted answer: the registry's name, "dh 2048" for a prime that has none, NULL
 * where there was none or it was not seen. `buffer` may hold what is returned.
 */
enum { SURVEY_GROUP_MAX = 24 };
const char *survey_group(const struct survey_answer *answer, char buffer[SURVEY_GROUP_MAX]);

#endif
