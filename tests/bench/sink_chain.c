#include "bench/sink_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/mint.h"

struct family {
    struct mint root, issuer, leaf;
    STACK_OF(X509) * behind;
};

struct chains {
    struct family families[CHAIN_KINDS];
};

static const struct {
    const char *root, *issuer;
    enum mint_key authority_key, leaf_key;
    const char *digest;
} kinds[CHAIN_KINDS] = {
    [CHAIN_EC] = {"Bench EC Root", "Bench EC Issuing CA", MINT_EC_P256, MINT_EC_P256, "SHA256"},
    [CHAIN_RSA] = {"Bench RSA Root", "Bench RSA Issuing CA", MINT_RSA_2048, MINT_RSA_2048,
                   "SHA256"},
    [CHAIN_P384] = {"Bench P-384 Root", "Bench P-384 Issuing CA", MINT_EC_P384, MINT_EC_P256,
                    "SHA384"},
};

static struct mint_spec complete(enum chain_kind kind, struct mint_spec spec)
{
    const int64_t now_s = (int64_t)time(NULL);

    spec.digest = kinds[kind].digest;
    spec.from_s = now_s - 30 * MINT_DAY;
    spec.until_s = now_s + 60 * MINT_DAY;
    return spec;
}

static struct mint_spec authority_spec(enum chain_kind kind, const char *subject)
{
    return complete(kind, (struct mint_spec){
                              .subject = subject,
                              .key = kinds[kind].authority_key,
                              .ca = true,
                              .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                                             {"keyUsage", "critical,keyCertSign,cRLSign"},
                                             {"subjectKeyIdentifier", "hash"}},
                          });
}

/* The extensions that public authorities put into a certificate of a server. */
static struct mint_spec leaf_spec(enum chain_kind kind, const char *host, const char *sans)
{
    return complete(
        kind, (struct mint_spec){
                  .subject = host,
                  .key = kinds[kind].leaf_key,
                  .sans = sans,
                  .extensions = {{"basicConstraints", "critical,CA:FALSE"},
                                 {"keyUsage", "critical,digitalSignature"},
                                 {"extendedKeyUsage", "serverAuth"},
                                 {"subjectKeyIdentifier", "hash"},
                                 {"authorityKeyIdentifier", "keyid"},
                                 {"crlDistributionPoints", "URI:http://crl.bench.test/issuing.crl"},
                                 {"authorityInfoAccess",
                                  "caIssuers;URI:http://ca.bench.test/issuing.crt"}},
              });
}

struct chains *chains_new(void)
{
    struct chains *chains = calloc(1, sizeof *chains);

    if (!chains)
        abort();
    for (enum chain_kind kind = 0; kind < CHAIN_KINDS; kind++) {
        struct family *family = &chains->families[kind];
        const struct mint_spec root = authority_spec(kind, kinds[kind].root);
        const struct mint_spec issuer = authority_spec(kind, kinds[kind].issuer);
        const struct mint_spec leaf = leaf_spec(kind, "bench.test", "DNS:bench.test");
        family->root = mint_certificate(&root, NULL);
        family->issuer = mint_certificate(&issuer, &family->root);
        family->leaf = mint_certificate(&leaf, &family->issuer);
        family->behind = mint_chain(family->issuer.x509, NULL);
    }
    return chains;
}

void chains_free(struct chains *chains)
{
    if (!chains)
        return;
    for (int i = 0; i < CHAIN_KINDS; i++) {
        struct family *family = &chains->families[i];
        sk_X509_pop_free(family->behind, X509_free);
        mint_clear(&family->leaf);
        mint_clear(&family->issuer);
        mint_clear(&family->root);
    }
    free(chains);
}

X509 *chains_leaf(const struct chains *chains, enum chain_kind kind, const char *host)
{
    const struct family *family = &chains->families[kind];
    char sans[80];

    (void)snprintf(sans, sizeof sans, "DNS:%s", host);
    const struct mint_spec spec = leaf_spec(kind, host, sans);
    struct mint leaf = mint_again(&spec, &family->leaf, &family->issuer);
    X509 *x509 = leaf.x509;
    leaf.x509 = NULL;
    mint_clear(&leaf);
    return x509;
}

EVP_PKEY *chains_key(const struct chains *chains, enum chain_kind kind)
{
    return chains->families[kind].leaf.key;
}

STACK_OF(X509) * chains_behind(const struct chains *chains, enum chain_kind kind)
{
    return chains->families[kind].behind;
}

void chains_write_roots(const struct chains *chains, const char *path)
{
    const struct family *families = chains->families;
    STACK_OF(X509) *roots = mint_chain(families[CHAIN_EC].root.x509, families[CHAIN_RSA].root.x509,
                                       families[CHAIN_P384].root.x509, NULL);

    mint_write_chain(path, roots);
    sk_X509_pop_free(roots, X509_free);
}
