/*
 * The certificates of a scenario, by name, minted when first asked for.
 *
 *   certificate NAME [ca] [names SAN,SAN] [subject CN] by ISSUER|itself [from TIME] [until TIME]
 *                    [key KIND] [key-of NAME] [digest NAME] [damage KIND] [extension NAME VALUE]...
 */
#ifndef SCENARIOS_VAULT_H
#define SCENARIOS_VAULT_H

#include "script.h"
#include "support/mint.h"

struct vault_entry {
    const char *name;
    struct place place;
    const char *issuer; /* "itself" for a self-signed one */
    const char *key_of; /* another's key, or NULL */
    struct mint_spec spec;
    char *sans;
    struct mint mint;
};

struct vault {
    struct vault_entry *entries;
    size_t n_entries;
};

/* A later certificate of the same name takes the place of an earlier one. Borrows the words. */
void vault_add(struct vault *vault, const struct statement *statement);
void vault_clear(struct vault *vault);

/* The certificate of that name. Fails the run when there is none. */
const struct mint *vault_mint(struct vault *vault, const char *name, const struct place *place);

/* Who signed it, NULL for itself. */
const char *vault_issuer(struct vault *vault, const char *name, const struct place *place);

/* The certificate and its issuers up to the root, which is left out; for sk_X509_pop_free. */
STACK_OF(X509) * vault_chain(struct vault *vault, const char *name, const struct place *place);

#endif
