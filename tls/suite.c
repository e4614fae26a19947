#include "tls/suite.h"

#include <string.h>

static const char anonymous[] = "anonymous";
static const char null_encryption[] = "no encryption";
static const char export[] = "EXPORT";
static const char rc4[] = "RC4";
static const char des[] = "DES or 3DES";

const char *tls_suite_weakness(const char *name)
{
    /* The order is that of gravity: a suite may be weak in two ways. */
    static const struct {
        const char *part;
        const char *weakness;
    } parts[] = {{"ADH-", anonymous}, {"AECDH-", anonymous}, {"NULL", null_encryption},
                 {"EXP", export},     {"RC4", rc4},          {"DES-CBC", des},
                 {"3DES", des}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(name, parts[i].part))
            return parts[i].weakness;
    return NULL;
}

/* IANA "TLS Cipher Suites"; RFC 2246 A.5, RFC 4346, RFC 5246 A.5, RFC 4492, RFC 8422. */
static const struct tls_suite weak[] = {
    {0x0001, "RSA_WITH_NULL_MD5", null_encryption},
    {0x0002, "RSA_WITH_NULL_SHA", null_encryption},
    {0x003b, "RSA_WITH_NULL_SHA256", null_encryption},
    {0xc006, "ECDHE_ECDSA_WITH_NULL_SHA", null_encryption},
    {0xc010, "ECDHE_RSA_WITH_NULL_SHA", null_encryption},
    {0x0003, "RSA_EXPORT_WITH_RC4_40_MD5", export},
    {0x0006, "RSA_EXPORT_WITH_RC2_CBC_40_MD5", export},
    {0x0008, "RSA_EXPORT_WITH_DES40_CBC_SHA", export},
    {0x000b, "DH_DSS_EXPORT_WITH_DES40_CBC_SHA", export},
    {0x000e, "DH_RSA_EXPORT_WITH_DES40_CBC_SHA", export},
    {0x0011, "DHE_DSS_EXPORT_WITH_DES40_CBC_SHA", export},
    {0x0014, "DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", export},
    {0x0017, "DH_anon_EXPORT_WITH_RC4_40_MD5", export},
    {0x0019, "DH_anon_EXPORT_WITH_DES40_CBC_SHA", export},
    {0x0062, "RSA_EXPORT1024_WITH_DES_CBC_SHA", export},
    {0x0064, "RSA_EXPORT1024_WITH_RC4_56_SHA", export},
    {0x0004, "RSA_WITH_RC4_128_MD5", rc4},
    {0x0005, "RSA_WITH_RC4_128_SHA", rc4},
    {0xc007, "ECDHE_ECDSA_WITH_RC4_128_SHA", rc4},
    {0xc011, "ECDHE_RSA_WITH_RC4_128_SHA", rc4},
    {0x0009, "RSA_WITH_DES_CBC_SHA", des},
    {0x000a, "RSA_WITH_3DES_EDE_CBC_SHA", des},
    {0x0012, "DHE_DSS_WITH_DES_CBC_SHA", des},
    {0x0013, "DHE_DSS_WITH_3DES_EDE_CBC_SHA", des},
    {0x0015, "DHE_RSA_WITH_DES_CBC_SHA", des},
    {0x0016, "DHE_RSA_WITH_3DES_EDE_CBC_SHA", des},
    {0xc008, "ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", des},
    {0xc012, "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", des},
    {0x0018, "DH_anon_WITH_RC4_128_MD5", anonymous},
    {0x001a, "DH_anon_WITH_DES_CBC_SHA", anonymous},
    {0x001b, "DH_anon_WITH_3DES_EDE_CBC_SHA", anonymous},
    {0x0034, "DH_anon_WITH_AES_128_CBC_SHA", anonymous},
    {0x003a, "DH_anon_WITH_AES_256_CBC_SHA", anonymous},
    {0x006c, "DH_anon_WITH_AES_128_CBC_SHA256", anonymous},
    {0x006d, "DH_anon_WITH_AES_256_CBC_SHA256", anonymous},
    {0x00a6, "DH_anon_WITH_AES_128_GCM_SHA256", anonymous},
    {0x00a7, "DH_anon_WITH_AES_256_GCM_SHA384", anonymous},
    {0xc016, "ECDH_anon_WITH_RC4_128_SHA", anonymous},
    {0xc017, "ECDH_anon_WITH_3DES_EDE_CBC_SHA", anonymous},
    {0xc018, "ECDH_anon_WITH_AES_128_CBC_SHA", anonymous},
    {0xc019, "ECDH_anon_WITH_AES_256_CBC_SHA", anonymous},
};

const struct tls_suite *tls_weak_suites(size_t *n)
{
    *n = sizeof weak / sizeof weak[0];
    return weak;
}

const struct tls_suite *tls_weak_suite_find(uint16_t id)
{
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
        if (weak[i].id == id)
            return &weak[i];
    return NULL;
}
