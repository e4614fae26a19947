#include "tls/dane.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "tls/certificate.h"
#include "tls/dane_match.h"
#include "tls/path.h"

/* Bounds for a zone that publishes more than makes sense: every one costs signatures to verify. */
enum { ANCHORS_MAX = 64, BARE_KEYS_MAX = 8, ATTEMPTS_MAX = 8 };

/* Certificates that DANE-TA records make trust anchors, each with the record's index. */
struct anchors {
    STACK_OF(X509) * x509s; /* owned, with references */
    int record[ANCHORS_MAX];
};

struct judgement {
    const struct tls_facts *facts;
    const struct tls_tlsa *records;
    size_t n_records;
    struct tls_tlsa_choice choice;
    const char *const *names;
    size_t n_names;
    int64_t at_s;
    struct tls_dane_subject *subjects; /* one a certificate of the chain */
    struct anchors anchors;
};

static int anchor_add(struct anchors *anchors, X509 *x509, size_t record)
{
    const int count = sk_X509_num(anchors->x509s);

    for (int i = 0; i < count; i++)
        if (X509_cmp(sk_X509_value(anchors->x509s, i), x509) == 0)
            return 0;
    if (count >= ANCHORS_MAX)
        return 0;
    if (X509_up_ref(x509) != 1)
        return -1;
    if (sk_X509_push(anchors->x509s, x509) <= 0) {
        X509_free(x509);
        return -1;
    }
    anchors->record[count] = (int)record;
    return 0;
}

/*
 * A leaf is never the anchor of DANE-TA, even where it signed itself: that is what DANE-EE is for,
 * and OpenSSL, so every Postfix, sees it so.
 */
static int add_presented(struct judgement *j, size_t record)
{
    for (size_t i = 1; i < j->facts->n_chain; i++) {
        X509 *x509 = sk_X509_value(j->facts->x509s, (int)i);
        if (!tls_dane_subject_matches(&j->subjects[i], &j->records[record]) ||
            X509_cmp(x509, sk_X509_value(j->facts->x509s, 0)) == 0)
            continue;
        if (anchor_add(&j->anchors, x509, record) != 0)
            return -1;
    }
    return 0;
}

/* 2 0 0: the anchor need not be presented, since the record carries it (RFC 7671 5.2.1). */
static int add_carried(struct judgement *j, size_t record)
{
    X509 *x509 = tls_tlsa_certificate(&j->records[record]);
    int result = 0;

    if (x509 && X509_cmp(x509, sk_X509_value(j->facts->x509s, 0)) != 0)
        result = anchor_add(&j->anchors, x509, record);
    X509_free(x509);
    return result;
}

/*
 * 2 1 0: a bare key. What it signed ends the path, the leaf included; that the signature holds
 * is established here, and a trusted certificate's own signature is not looked at again.
 */
static int add_signed(struct judgement *j, size_t record)
{
    EVP_PKEY *key = tls_tlsa_key(&j->records[record]);
    int result = 0;

    for (size_t i = 0; key && result == 0 && i < j->facts->n_chain; i++) {
        X509 *x509 = sk_X509_value(j->facts->x509s, (int)i);
        if (X509_verify(x509, key) == 1)
            result = anchor_add(&j->anchors, x509, record);
    }
    EVP_PKEY_free(key);
    ERR_clear_error();
    return result;
}

static int find_anchors(struct judgement *j)
{
    int bare_keys = 0;

    for (size_t i = 0; i < j->n_records; i++) {
        const struct tls_tlsa *record = &j->records[i];
        const bool full = record->matching == TLSA_MATCHING_FULL;
        if (record->usage != TLSA_USAGE_TA || !tls_tlsa_counts(record, &j->choice))
            continue;
        if (add_presented(j, i) != 0)
            return -1;
        if (full && record->selector == TLSA_SELECTOR_CERT && add_carried(j, i) != 0)
            return -1;
        if (full && record->selector == TLSA_SELECTOR_SPKI && bare_keys++ < BARE_KEYS_MAX &&
            add_signed(j, i) != 0)
            return -1;
    }
    return 0;
}

static bool any_name_matches(const struct judgement *j)
{
    for (size_t i = 0; i < j->n_names; i++)
        if (tls_name_matches(j->facts, j->names[i]))
            return true;
    return false;
}

static bool is_date_error(int code)
{
    return code == X509_V_ERR_CERT_HAS_EXPIRED || code == X509_V_ERR_CERT_NOT_YET_VALID;
}

static enum tls_dane_outcome judge_errors(const struct tls_dane *dane)
{
    enum tls_dane_outcome outcome = TLS_DANE_MATCH;

    for (size_t i = 0; i < dane->n_errors; i++) {
        const int code = dane->errors[i].code;
        if (code == X509_V_ERR_HOSTNAME_MISMATCH)
            outcome = TLS_DANE_NAME_MISMATCH;
        else if (!is_date_error(code))
            return TLS_DANE_UNTRUSTED;
        else if (outcome == TLS_DANE_MATCH)
            outcome = TLS_DANE_EXPIRED;
    }
    return outcome;
}

/* The record of the anchor where the path becomes trusted. */
static int path_record(const struct judgement *j, const struct tls_path *path)
{
    const X509 *anchor = sk_X509_value(path->certificates, path->n_untrusted);

    for (int i = 0; i < sk_X509_num(j->anchors.x509s); i++)
        if (X509_cmp(sk_X509_value(j->anchors.x509s, i), anchor) == 0)
            return j->anchors.record[i];
    return -1;
}

/* The anchor is part of what a DANE-TA client checks, its dates too. */
static int64_t first_end(const struct tls_path *path)
{
    int64_t first_s = 0, end_s;

    for (int i = 0; i < sk_X509_num(path->certificates); i++) {
        const X509 *x509 = sk_X509_value(path->certificates, i);
        if (tls_time_seconds(X509_get0_notAfter(x509), &end_s) && (first_s == 0 || end_s < first_s))
            first_s = end_s;
    }
    return first_s;
}

static int try_anchors(const struct judgement *j, STACK_OF(X509) * anchors, struct tls_dane *out)
{
    struct tls_path path;
    const int result = tls_path_build(&path, j->facts, NULL, anchors, j->at_s);

    memset(out, 0, sizeof *out);
    out->outcome = TLS_DANE_NO_MATCH;
    out->matched = -1;
    if (result == 0) {
        memcpy(out->errors, path.errors, sizeof out->errors);
        out->n_errors = path.n_errors;
    }
    if (result == 0 && tls_path_anchored(&path)) {
        if (!any_name_matches(j))
            tls_verify_error_add(out->errors, &out->n_errors, X509_V_ERR_HOSTNAME_MISMATCH, 0);
        out->matched = path_record(j, &path);
        out->outcome = judge_errors(out);
        out->first_not_after_s = first_end(&path);
    }
    tls_path_clear(&path);
    return result;
}

/* The better outcome first; any anchor that gives a match is enough (RFC 7671 5.2). */
static int rank(enum tls_dane_outcome outcome)
{
    static const enum tls_dane_outcome order[] = {
        TLS_DANE_MATCH,     TLS_DANE_EXPIRED,  TLS_DANE_NAME_MISMATCH,
        TLS_DANE_UNTRUSTED, TLS_DANE_NO_MATCH, TLS_DANE_UNUSABLE,
    };
    int place = 0;

    while (order[place] != outcome)
        place++;
    return place;
}

/* One anchor alone: a path may end at a fresh intermediate below a root that has expired. */
static int try_each(const struct judgement *j, struct tls_dane *best)
{
    for (int i = 0; i < sk_X509_num(j->anchors.x509s) && i < ATTEMPTS_MAX; i++) {
        STACK_OF(X509) *one = sk_X509_new_null();
        struct tls_dane attempt;
        int result = -1;
        if (one && sk_X509_push(one, sk_X509_value(j->anchors.x509s, i)) > 0)
            result = try_anchors(j, one, &attempt);
        sk_X509_free(one);
        if (result != 0)
            return -1;
        if (rank(attempt.outcome) < rank(best->outcome))
            *best = attempt;
    }
    return 0;
}

static int judge_anchors(struct judgement *j, struct tls_dane *out)
{
    j->anchors.x509s = sk_X509_new_null();
    if (!j->anchors.x509s || find_anchors(j) != 0)
        return -1;
    if (sk_X509_num(j->anchors.x509s) == 0)
        return 0;
    if (try_anchors(j, j->anchors.x509s, out) != 0)
        return -1;
    if (out->outcome == TLS_DANE_MATCH || out->outcome == TLS_DANE_NO_MATCH)
        return 0;
    return try_each(j, out);
}

/* DANE-EE: the key or the certificate is the whole of it (RFC 7671 5.1, RFC 7672 3.1.1). */
static int match_leaf(const struct judgement *j)
{
    for (size_t i = 0; i < j->n_records; i++)
        if (j->records[i].usage == TLSA_USAGE_EE && tls_tlsa_counts(&j->records[i], &j->choice) &&
            tls_dane_subject_matches(&j->subjects[0], &j->records[i]))
            return (int)i;
    return -1;
}

static int judge(struct judgement *j, struct tls_dane *out)
{
    j->subjects = calloc(j->facts->n_chain, sizeof *j->subjects);
    if (!j->subjects)
        return -1;
    for (size_t i = 0; i < j->facts->n_chain; i++) {
        const X509 *x509 = sk_X509_value(j->facts->x509s, (int)i);
        if (tls_dane_subject_init(&j->subjects[i], &j->facts->chain[i], x509) != 0)
            return -1;
    }
    out->matched = match_leaf(j);
    if (out->matched >= 0) {
        out->outcome = TLS_DANE_MATCH;
        return 0;
    }
    return judge_anchors(j, out);
}

static void judgement_clear(struct judgement *j)
{
    for (size_t i = 0; j->subjects && i < j->facts->n_chain; i++)
        tls_dane_subject_clear(&j->subjects[i]);
    free(j->subjects);
    sk_X509_pop_free(j->anchors.x509s, X509_free);
}

int tls_dane_verify(const struct tls_facts *facts, const struct tls_tlsa *records, size_t n_records,
                    const char *const *names, size_t n_names, int64_t at_s, struct tls_dane *out)
{
    struct judgement j = {.facts = facts,
                          .records = records,
                          .n_records = n_records,
                          .names = names,
                          .n_names = n_names,
                          .at_s = at_s};
    int result = 0;

    ERR_clear_error();
    memset(out, 0, sizeof *out);
    out->matched = -1;
    tls_tlsa_choose(records, n_records, &j.choice);
    out->outcome = j.choice.any ? TLS_DANE_NO_MATCH : TLS_DANE_UNUSABLE;
    if (j.choice.any && facts->n_chain > 0)
        result = judge(&j, out);
    judgement_clear(&j);
    if (result == 0 && out->outcome == TLS_DANE_NO_MATCH)
        tls_verify_error_add(out->errors, &out->n_errors, X509_V_ERR_DANE_NO_MATCH, 0);
    return result;
}
