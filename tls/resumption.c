#include "tls/resumption.h"

/* In TLS 1.2 a hint of 0 leaves the lifetime open (RFC 5077 3.3); in TLS 1.3 it means: not at all.
 */
static int64_t lifetime_of(const SSL_SESSION *session, bool tls13)
{
    const unsigned long hint_s = SSL_SESSION_get_ticket_lifetime_hint(session);

    return hint_s > 0 || tls13 ? (int64_t)hint_s : -1;
}

struct tls_resumption tls_resumption_capture(const SSL_SESSION *session, bool heard)
{
    const bool tls13 = SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION;
    struct tls_resumption out = {.offer = TLS_RESUMPTION_UNKNOWN, .lifetime_s = -1};
    unsigned id_length = 0;

    (void)SSL_SESSION_get_id(session, &id_length);
    if (SSL_SESSION_has_ticket(session) == 1) {
        out.offer = TLS_RESUMPTION_TICKET;
        out.lifetime_s = lifetime_of(session, tls13);
    } else if (tls13) {
        out.offer = heard ? TLS_RESUMPTION_NONE : TLS_RESUMPTION_UNKNOWN;
    } else {
        out.offer = id_length > 0 ? TLS_RESUMPTION_SESSION_ID : TLS_RESUMPTION_NONE;
    }
    return out;
}

const char *tls_resumption_offer_text(enum tls_resumption_offer offer)
{
    switch (offer) {
    case TLS_RESUMPTION_UNKNOWN:
        break;
    case TLS_RESUMPTION_NONE:
        return "none";
    case TLS_RESUMPTION_TICKET:
        return "ticket";
    case TLS_RESUMPTION_SESSION_ID:
        return "session-id";
    }
    return NULL;
}
