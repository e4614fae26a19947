#include "vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vault_entry *find(struct vault *vault, const char *name)
{
    for (size_t i = 0; i < vault->n_entries; i++)
        if (strcmp(vault->entries[i].name, name) == 0)
            return &vault->entries[i];
    return NULL;
}

/* "a.test,b.test" as OpenSSL wants it: "DNS:a.test,DNS:b.test"; what has a colon stays. */
static char *read_sans(const char *names)
{
    char *out = must(calloc(1, 5 * strlen(names) + 5)), *end = out;

    for (const char *at = names; *at; at += *at == ',') {
        size_t length = strcspn(at, ",");
        const char *kind = memchr(at, ':', length) ? "" : "DNS:";
        end += sprintf(end, "%s%s%.*s", end == out ? "" : ",", kind, (int)length, at);
        at += length;
    }
    return out;
}

static void read_extension(struct words *words, struct mint_spec *spec)
{
    size_t n = 0;

    while (n < MINT_EXTENSIONS_MAX - 1 && spec->extensions[n].name)
        n++;
    if (spec->extensions[n].name)
        script_fail(&words->statement->place, "too many extensions");
    spec->extensions[n].name = words_next(words, "the extension's name");
    spec->extensions[n].value = words_next(words, "the extension's value");
}

static void read_property(struct words *words, struct vault_entry *entry)
{
    static const char *const keys[] = {
        [MINT_EC_P256] = "p256",     [MINT_EC_P384] = "p384",     [MINT_EC_EXPLICIT] = "explicit",
        [MINT_EC_P521] = "p521",     [MINT_ED25519] = "ed25519",  [MINT_ED448] = "ed448",
        [MINT_RSA_1024] = "rsa1024", [MINT_RSA_2048] = "rsa2048", [MINT_RSA_PSS] = "rsa-pss"};
    static const char *const damages[] = {[MINT_BAD_SIGNATURE] = "bad-signature",
                                          [MINT_SHORT_SIGNATURE] = "short-signature",
                                          [MINT_ALGORITHMS_DIFFER] = "algorithms-differ"};
    static const char *const properties[] = {"ca",     "names",  "subject",  "by",
                                             "from",   "until",  "key-of",   "key",
                                             "digest", "damage", "extension"};
    const struct place *place = &entry->place;
    const char *word = words_next(words, "a property");
    size_t which = WORD_IN(place, word, properties, "property of a certificate");
    const char *value = NULL;

    if (which == 10) {
        read_extension(words, &entry->spec);
        return;
    }
    if (which)
        value = words_next(words, word);
    switch (which) {
    case 0:
        entry->spec.ca = true;
        break;
    case 1:
        free(entry->sans);
        entry->sans = read_sans(value);
        entry->spec.sans = entry->sans;
        break;
    case 2:
        entry->spec.subject = value;
        break;
    case 3:
        entry->issuer = value;
        break;
    case 4:
        entry->spec.from_s = time_of(place, value);
        break;
    case 5:
        entry->spec.until_s = time_of(place, value);
        break;
    case 6:
        entry->key_of = value;
        break;
    case 7:
        entry->spec.key = (enum mint_key)WORD_IN(place, value, keys, "kind of key");
        break;
    case 8:
        entry->spec.digest = value;
        break;
    default:
        entry->spec.damage = (enum mint_damage)WORD_IN(place, value, damages, "damage");
        break;
    }
}

static void entry_clear(struct vault_entry *entry)
{
    free(entry->sans);
    mint_clear(&entry->mint);
}

void vault_add(struct vault *vault, const struct statement *statement)
{
    struct words words = words_of(statement);
    const char *name = words_next(&words, "the certificate's name");
    struct vault_entry *entry = find(vault, name);

    if (entry) {
        entry_clear(entry);
    } else {
        vault->entries = grow_by_one(vault->entries, vault->n_entries, sizeof *vault->entries);
        entry = &vault->entries[vault->n_entries++];
    }
    *entry = (struct vault_entry){.name = name, .place = statement->place};
    entry->spec.subject = name;
    /* A year around the scenarios' usual day. */
    entry->spec.from_s = time_of(&entry->place, "2026-06-01");
    entry->spec.until_s = time_of(&entry->place, "2027-06-01");
    while (words_left(&words))
        read_property(&words, entry);
    if (!entry->issuer)
        script_fail(&entry->place, "\"by\" is missing");
}

void vault_clear(struct vault *vault)
{
    for (size_t i = 0; i < vault->n_entries; i++)
        entry_clear(&vault->entries[i]);
    free(vault->entries);
}

const struct mint *vault_mint(struct vault *vault, const char *name, const struct place *place)
{
    struct vault_entry *entry = find(vault, name);

    if (!entry)
        script_fail(place, "there is no certificate \"%s\"", name);
    if (entry->mint.x509)
        return &entry->mint;
    bool itself = strcmp(entry->issuer, "itself") == 0;
    const struct mint *issuer = itself ? NULL : vault_mint(vault, entry->issuer, &entry->place);
    if (entry->key_of)
        entry->mint =
            mint_again(&entry->spec, vault_mint(vault, entry->key_of, &entry->place), issuer);
    else
        entry->mint = mint_certificate(&entry->spec, issuer);
    return &entry->mint;
}

const char *vault_issuer(struct vault *vault, const char *name, const struct place *place)
{
    const struct vault_entry *entry = find(vault, name);

    if (!entry)
        script_fail(place, "there is no certificate \"%s\"", name);
    return strcmp(entry->issuer, "itself") == 0 ? NULL : entry->issuer;
}

STACK_OF(X509) * vault_chain(struct vault *vault, const char *name, const struct place *place)
{
    STACK_OF(X509) *chain = must(sk_X509_new_null());
    const char *at = name;

    do {
        X509 *x509 = vault_mint(vault, at, place)->x509;
        if (!X509_up_ref(x509) || sk_X509_push(chain, x509) <= 0)
            script_fail(place, "out of memory");
        at = vault_issuer(vault, at, place);
    } while (at && vault_issuer(vault, at, place));
    return chain;
}
