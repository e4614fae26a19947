/*
 * The TLS session and the certificates that it showed.
 */
#include <openssl/x509_vfy.h>

#include "output/json_parts.h"
#include "output/json_value.h"

static bool put_error(cJSON *array, int code, int depth)
{
    cJSON *object = cJSON_CreateObject();

    return json_take_element(array, object) && json_put_number(object, "code", code) &&
           json_put_word(object, "name", tls_verify_error_name(code)) &&
           json_put_number(object, "depth", depth);
}

/* The name is judged apart from the path; a reader of errors wants to see it among them. */
static bool put_verify_errors(cJSON *object, const struct tls_facts *tls,
                              const struct chain_verdict *verdict)
{
    const struct tls_verification *webpki = &verdict->webpki;
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "verify_errors", array);

    for (size_t i = 0; ok && i < webpki->n_errors; i++)
        ok = put_error(array, webpki->errors[i].code, webpki->errors[i].depth);
    if (ok && tls->n_chain > 0 && !verdict->name_matches)
        ok = put_error(array, X509_V_ERR_HOSTNAME_MISMATCH, 0);
    return ok;
}

static bool put_date(cJSON *object, const char *key, int64_t at_s, bool unreadable)
{
    return unreadable ? json_put_null(object, key) : json_put_time_s(object, key, at_s);
}

static bool put_certificate(cJSON *array, const struct tls_certificate *certificate)
{
    cJSON *object = cJSON_CreateObject();

    return json_take_element(array, object) &&
           json_put_text(object, "subject", certificate->subject) &&
           json_put_text(object, "issuer", certificate->issuer) &&
           json_put_texts(object, "sans", certificate->sans, certificate->n_sans) &&
           put_date(object, "not_before", certificate->not_before_s,
                    certificate->not_before_unreadable) &&
           put_date(object, "not_after", certificate->not_after_s,
                    certificate->not_after_unreadable) &&
           json_put_text(object, "key", certificate->key) &&
           json_put_text(object, "signature", certificate->signature) &&
           json_put_hex(object, "sha256", certificate->sha256, sizeof certificate->sha256) &&
           json_put_hex(object, "spki_sha256", certificate->spki_sha256,
                        sizeof certificate->spki_sha256);
}

static bool put_chain(cJSON *object, const struct tls_facts *tls)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "chain", array);

    for (size_t i = 0; ok && i < tls->n_chain; i++)
        ok = put_certificate(array, &tls->chain[i]);
    return ok;
}

static bool put_resumption(cJSON *object, const struct tls_resumption *resumption)
{
    const char *offered = tls_resumption_offer_text(resumption->offer);
    cJSON *inner;

    if (!offered)
        return json_put_null(object, "resumption");
    inner = cJSON_CreateObject();
    return json_take(object, "resumption", inner) && json_put_word(inner, "offered", offered) &&
           (resumption->lifetime_s < 0
                ? json_put_null(inner, "lifetime_s")
                : json_put_number(inner, "lifetime_s", resumption->lifetime_s));
}

cJSON *json_tls(const struct tls_facts *tls, const struct chain_verdict *verdict,
                const struct tls_resumption *resumption)
{
    if (!tls)
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_text(object, "protocol", tls->protocol) &&
        json_put_text(object, "cipher", tls->cipher) &&
        json_put_text(object, "group", tls->group) && json_put_text(object, "sni", tls->sni) &&
        json_put_bool(object, "trusted", verdict->webpki.trusted) &&
        json_put_bool(object, "host_match", verdict->name_matches) &&
        put_verify_errors(object, tls, verdict) && put_chain(object, tls) &&
        put_resumption(object, resumption))
        return object;
    cJSON_Delete(object);
    return NULL;
}
