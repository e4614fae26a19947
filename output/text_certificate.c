/*
 * What the server showed of itself, and what that is worth.
 */
#include <string.h>

#include "output/text_parts.h"
#include "policy/timestamp.h"

enum { NAMES_SHOWN = 8, DIGEST_SHOWN = 8 };

static void row(struct page *page, const char *label)
{
    page_row(page, TEXT_ADDRESS_INDENT, PAINT_FAINT, label, TEXT_ADDRESS_BODY);
}

static const char *or_empty(const char *name)
{
    return name && name[0] ? name : "(empty)";
}

/* "DNS:" is the kind that a mail host is known by: only the other kinds need to be named. */
static void say_names(struct page *page, const struct tls_certificate *certificate, size_t most)
{
    static const char dns[] = "DNS:";
    size_t shown = certificate->n_sans < most ? certificate->n_sans : most;

    for (size_t i = 0; i < shown; i++) {
        const char *name = certificate->sans[i];
        bool is_dns = strncmp(name, dns, sizeof dns - 1) == 0;
        page_say(page, i > 0 ? ", " : "");
        page_say(page, is_dns ? name + sizeof dns - 1 : name);
    }
    if (certificate->sans_seen > shown)
        page_sayf(page, "%s%zu more", shown > 0 ? " and " : "", certificate->sans_seen - shown);
    if (certificate->sans_seen == 0 && shown == 0)
        page_say(page, "none: a certificate is matched by its subjectAltName alone");
}

static void say_relative(struct page *page, int64_t at_s, int64_t now_s, bool good)
{
    char relative[TIMESTAMP_TEXT_MAX];

    timestamp_relative(at_s, now_s, relative);
    page_say(page, " (");
    page_paint(page, good ? PAINT_NONE : PAINT_BAD, relative);
    page_say(page, ")");
}

/* The end is what people look for; the beginning counts only while it lies ahead. */
static void say_dates(struct page *page, const struct tls_certificate *certificate, int64_t now_s,
                      bool both)
{
    bool early = certificate->not_before_s > now_s;
    char text[TIMESTAMP_TEXT_MAX];

    if (both || early) {
        timestamp_format_s(certificate->not_before_s, text);
        page_sayf(page, "from %s", text);
    }
    if (early)
        say_relative(page, certificate->not_before_s, now_s, false);
    if (certificate->not_after_unreadable) {
        page_sayf(page, "%suntil a time that cannot be read", both || early ? " " : "");
        return;
    }
    timestamp_format_s(certificate->not_after_s, text);
    page_sayf(page, "%suntil %s", both || early ? " " : "", text);
    say_relative(page, certificate->not_after_s, now_s, certificate->not_after_s >= now_s);
}

static void say_trust(struct page *page, const struct tls_verification *webpki)
{
    if (webpki->trusted) {
        page_paint(page, PAINT_GOOD, "trusted");
        return;
    }
    page_paint(page, PAINT_BAD, "not trusted");
    for (size_t i = 0; i < webpki->n_errors; i++) {
        const char *text = tls_verify_error_text(webpki->errors[i].code);
        page_sayf(page, "%s%s", i > 0 ? ", " : " (", text);
    }
    page_say(page, webpki->n_errors > 0 ? ")" : NULL);
}

static void say_matched_record(struct page *page, const struct tls_dane *dane,
                               const struct dns_answer *tlsa)
{
    if (!tlsa || dane->matched < 0 || (size_t)dane->matched >= tlsa->n_records)
        return;
    const struct dns_record *record = &tlsa->records[dane->matched];
    page_sayf(page, " %d %d %d ", record->u.tlsa.usage, record->u.tlsa.selector,
              record->u.tlsa.matching);
    for (size_t i = 0; i < record->u.tlsa.length && i < DIGEST_SHOWN; i++)
        page_sayf(page, "%02x", record->u.tlsa.data[i]);
    page_say(page, record->u.tlsa.length > DIGEST_SHOWN ? "..." : NULL);
}

/* What stands against a record that matches; NULL where nothing does. */
static const char *dane_objection(enum tls_dane_outcome outcome)
{
    switch (outcome) {
    case TLS_DANE_NAME_MISMATCH:
        return ", but not by name";
    case TLS_DANE_EXPIRED:
        return ", but outside its dates";
    case TLS_DANE_UNTRUSTED:
        return ", but by a faulty path";
    case TLS_DANE_UNUSABLE:
    case TLS_DANE_MATCH:
    case TLS_DANE_NO_MATCH:
        break;
    }
    return NULL;
}

static void say_dane(struct page *page, const struct tls_dane *dane, const struct dns_answer *tlsa)
{
    const char *objection = dane_objection(dane->outcome);

    if (dane->outcome == TLS_DANE_UNUSABLE) {
        page_paint(page, PAINT_CAUTION, "no usable TLSA record");
    } else if (dane->outcome == TLS_DANE_NO_MATCH) {
        page_paint(page, PAINT_BAD, "matches no TLSA record");
    } else {
        page_paint(page, objection ? PAINT_NONE : PAINT_GOOD, "matches TLSA");
        say_matched_record(page, dane, tlsa);
        page_paint(page, PAINT_BAD, objection);
    }
}

static const char *staple_words(enum tls_staple staple)
{
    switch (staple) {
    case TLS_STAPLE_NONE:
        return "none";
    case TLS_STAPLE_GOOD:
        return "good";
    case TLS_STAPLE_REVOKED:
        return "revoked";
    case TLS_STAPLE_UNKNOWN:
        return "the responder does not know the certificate";
    case TLS_STAPLE_EXPIRED:
        return "out of date";
    case TLS_STAPLE_INVALID:
        return "invalid";
    }
    return "none";
}

void text_certificate(struct page *page, const struct tls_facts *tls,
                      const struct chain_verdict *verdict, const struct dns_answer *tlsa,
                      int64_t now_s)
{
    if (tls->n_chain == 0) {
        row(page, "certificate");
        page_paint(page, PAINT_BAD, "none was shown");
        return;
    }
    const struct tls_certificate *leaf = &tls->chain[0];

    row(page, "certificate");
    page_say(page, or_empty(leaf->subject));
    row(page, "names");
    say_names(page, leaf, NAMES_SHOWN);
    row(page, "issuer");
    page_say(page, or_empty(leaf->issuer));
    row(page, "valid");
    say_dates(page, leaf, now_s, false);
    row(page, "judged");
    say_trust(page, &verdict->webpki);
    page_say(page, "; ");
    page_paint(page, verdict->name_matches ? PAINT_GOOD : PAINT_BAD,
               verdict->name_matches ? "names the host" : "does not name the host");
    if (verdict->dane_judged) {
        page_say(page, "; ");
        say_dane(page, &verdict->dane, tlsa);
    }
}

static void digest_row(struct page *page, const char *label, const uint8_t *digest)
{
    row(page, label);
    for (size_t i = 0; i < TLS_SHA256_LENGTH; i++)
        page_sayf(page, "%02x", digest[i]);
}

static void verify_errors(struct page *page, const struct tls_verification *webpki)
{
    for (size_t i = 0; i < webpki->n_errors; i++) {
        const struct tls_verify_error *error = &webpki->errors[i];
        row(page, i == 0 ? "errors" : "");
        page_sayf(page, "depth %d: %s (%d)", error->depth, tls_verify_error_name(error->code),
                  error->code);
    }
}

static void chain(struct page *page, const struct tls_facts *tls,
                  const struct chain_verdict *verdict, int64_t now_s)
{
    row(page, "server name");
    page_say(page, tls->sni ? tls->sni : "none sent");
    row(page, "staple");
    page_say(page, staple_words(verdict->webpki.staple));
    verify_errors(page, &verdict->webpki);
    for (size_t i = 0; i < tls->n_chain; i++) {
        const struct tls_certificate *certificate = &tls->chain[i];

        row(page, "chain");
        page_sayf(page, "%zu: ", i);
        page_say(page, or_empty(certificate->subject));
        row(page, "  names");
        say_names(page, certificate, TLS_SANS_MAX);
        row(page, "  issuer");
        page_say(page, or_empty(certificate->issuer));
        row(page, "  valid");
        say_dates(page, certificate, now_s, true);
        row(page, "  key");
        page_sayf(page, "%s, signed with %s", certificate->key, certificate->signature);
        page_say(page, certificate->must_staple ? ", must staple" : NULL);
        digest_row(page, "  sha256", certificate->sha256);
        digest_row(page, "  spki sha256", certificate->spki_sha256);
    }
    if (tls->chain_seen > tls->n_chain) {
        row(page, "chain");
        page_sayf(page, "and %zu more that were dropped", tls->chain_seen - tls->n_chain);
    }
}

void text_chains(struct page *page, const struct smtp_facts *facts,
                 const struct endpoint_verdict *verdict, int64_t now_s)
{
    if (facts->tls)
        chain(page, facts->tls, &verdict->chain, now_s);
    if (facts->other_key.tls)
        chain(page, facts->other_key.tls, &verdict->other, now_s);
}
