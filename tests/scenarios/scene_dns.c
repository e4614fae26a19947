/* What the DNS of a scenario says. */
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static const char *const outcomes[] = {
    [DNS_NODATA] = "nodata",       [DNS_NXDOMAIN] = "nxdomain",   [DNS_SERVFAIL] = "servfail",
    [DNS_REFUSED] = "refused",     [DNS_TIMEOUT] = "timeout",     [DNS_BOGUS] = "bogus",
    [DNS_MALFORMED] = "malformed", [DNS_NOT_ASKED] = "not-asked",
};

static uint16_t type_of(const struct place *place, const char *word)
{
    static const char *const names[] = {"A", "AAAA", "CNAME", "MX", "TXT", "TLSA"};
    static const uint16_t types[] = {DNS_TYPE_A,  DNS_TYPE_AAAA, DNS_TYPE_CNAME,
                                     DNS_TYPE_MX, DNS_TYPE_TXT,  DNS_TYPE_TLSA};

    return types[WORD_IN(place, word, names, "record type")];
}

/* Takes the outcome where the next word is one. */
static bool take_outcome(struct words *words, struct scene_answer *entry)
{
    entry->silent = words_take(words, "silence");
    entry->cannot_start = words_take(words, "cannot-start");
    if (entry->silent || entry->cannot_start)
        return true;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        if (outcomes[i] && words_take(words, outcomes[i])) {
            entry->answer->status = (enum dns_status)i;
            return true;
        }
    }
    return false;
}

/* --- record data ------------------------------------------------------------------------------ */

static uint8_t octet_of(struct words *words, const char *what)
{
    return (uint8_t)number_of(&words->statement->place, words_next(words, what));
}

static void read_hex(struct words *words, struct dns_record *record)
{
    const char *hex = words_next(words, "the data");
    size_t length = strlen(hex) / 2;

    record->u.tlsa.data = must(calloc(1, length + 1));
    for (; record->u.tlsa.length < length; hex += 2) {
        char digits[3] = {hex[0], hex[1], '\0'}, *end;
        record->u.tlsa.data[record->u.tlsa.length++] = (uint8_t)strtoul(digits, &end, 16);
        if (*end)
            script_fail(&words->statement->place, "data that is not hexadecimal");
    }
}

/* The association data that selector and matching type give for a certificate (RFC 6698 2.1). */
static void read_association(struct scene *scene, struct words *words, struct dns_record *record)
{
    const struct place *place = &words->statement->place;
    const X509 *x509 = vault_mint(&scene->vault, words_next(words, "the name"), place)->x509;
    static const char *const digests[] = {NULL, "SHA256", "SHA512"};
    uint8_t matching = record->u.tlsa.matching;
    uint8_t *der = NULL;
    int length = record->u.tlsa.selector ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der)
                                         : i2d_X509(x509, &der);

    if (length <= 0 || matching > 2)
        script_fail(place, "no association data for this");
    record->u.tlsa.data = must(calloc(1, (size_t)length + EVP_MAX_MD_SIZE));
    record->u.tlsa.length = (size_t)length;
    if (!matching)
        memcpy(record->u.tlsa.data, der, (size_t)length);
    else if (!EVP_Q_digest(NULL, digests[matching], NULL, der, (size_t)length, record->u.tlsa.data,
                           &record->u.tlsa.length))
        script_fail(place, "the digest failed");
    OPENSSL_free(der);
}

static void read_tlsa(struct scene *scene, struct words *words, struct dns_record *record)
{
    record->u.tlsa.usage = octet_of(words, "the usage");
    record->u.tlsa.selector = octet_of(words, "the selector");
    record->u.tlsa.matching = octet_of(words, "the matching type");
    if (words_take(words, "of"))
        read_association(scene, words, record);
    else
        read_hex(words, record);
}

static void read_mx(struct words *words, struct dns_record *record)
{
    const char *host;

    record->u.mx.preference =
        (uint16_t)number_of(&words->statement->place, words_next(words, "the preference"));
    host = words_next(words, "the host");
    record->u.mx.host = must(strdup(strcmp(host, ".") == 0 ? "" : host));
}

static void read_record(struct scene *scene, struct words *words, struct dns_answer *answer)
{
    const struct place *place = &words->statement->place;
    struct dns_record *record = must(dns_answer_add(answer));
    const char *word;

    switch (answer->type) {
    case DNS_TYPE_MX:
        read_mx(words, record);
        break;
    case DNS_TYPE_TLSA:
        read_tlsa(scene, words, record);
        break;
    case DNS_TYPE_TXT:
        word = words_next(words, "the text");
        record->u.text.bytes = must(strdup(word));
        record->u.text.length = strlen(word);
        break;
    case DNS_TYPE_CNAME:
        record->u.target = must(strdup(words_next(words, "the target")));
        break;
    default:
        word = words_next(words, "the address");
        if (!dns_address_parse(word, &record->u.address) ||
            (record->u.address.family == DNS_IPV4) != (answer->type == DNS_TYPE_A))
            script_fail(place, "\"%s\" is no address of that family", word);
        break;
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

/* The entry to be filled: a new one, that of the same block, or an earlier block's, emptied. */
static struct scene_answer *entry_for(struct scene *scene, const struct block *block,
                                      const char *name, uint16_t type)
{
    struct scene_answer *entry = NULL;

    for (size_t i = 0; i < scene->n_answers && !entry; i++) {
        struct scene_answer *at = &scene->answers[i];
        if (at->answer->type == type && strcmp(at->answer->name, name) == 0)
            entry = at;
    }
    if (entry && entry->block == block)
        return entry;
    if (!entry) {
        scene->answers = grow_by_one(scene->answers, scene->n_answers, sizeof *entry);
        entry = &scene->answers[scene->n_answers++];
    }
    dns_answer_unref(entry->answer);
    *entry = (struct scene_answer){.answer = must(dns_answer_new(name, type)), .block = block};
    entry->answer->security = DNS_INSECURE;
    return entry;
}

/* What the resolver makes of AD, whatever the zone deserves. */
static void settle_security(const struct scene *scene, struct dns_answer *answer)
{
    bool answered = answer->status == DNS_FOUND || answer->status == DNS_NODATA ||
                    answer->status == DNS_NXDOMAIN;

    answer->ad = scene->validation == DNS_VALIDATES && answer->security == DNS_SECURE && answered;
    if (answer->status == DNS_BOGUS)
        answer->security = DNS_SECURITY_BOGUS;
    else if (!answered || !scene->ad_believed)
        answer->security = DNS_SECURITY_UNKNOWN;
    else if (!answer->ad)
        answer->security = DNS_INSECURE;
}

void scene_add_dns(struct scene *scene, const struct statement *statement,
                   const struct block *block)
{
    struct words words = words_of(statement);
    const char *name = words_next(&words, "the name");
    uint16_t type = type_of(&statement->place, words_next(&words, "the record type"));
    struct scene_answer *entry = entry_for(scene, block, name, type);
    struct dns_answer *answer = entry->answer;

    entry->place = statement->place;
    if (words_take(&words, "after"))
        entry->delay_ms = duration_of(&statement->place, words_next(&words, "the time"));
    if (words_take(&words, "secure"))
        answer->security = DNS_SECURE;
    else if (words_take(&words, "insecure"))
        answer->security = DNS_INSECURE;
    while (words_take(&words, "alias"))
        if (!dns_answer_add_alias(answer, words_next(&words, "the alias")))
            script_fail(&statement->place, "too many aliases");
    if (!take_outcome(&words, entry)) {
        answer->status = DNS_FOUND;
        while (words_left(&words))
            read_record(scene, &words, answer);
    }
    words_end(&words);
    if (!scene->ad_believed && answer->security == DNS_SECURITY_UNKNOWN)
        return; /* settled by an earlier line of the same block */
    settle_security(scene, answer);
}
