#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>

/* 2026-11-24T08:00:00Z, from date(1). */
#define NOW_S INT64_C(1795507200)
#define DAY_S INT64_C(86400)

const char sample_attack[] =
    "\x1b]0;owned\a\x1b[2J\x9b"
    "1m\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf\xff\xc0\x80\xed\xa0\x80"
    "\xf4\x90\x80\x80\r\n\t\b\x7f|'\"";

static void *allocate(struct sample *sample, size_t n, size_t size)
{
    void *bytes = calloc(n, size);

    if (!bytes || sample->n_allocations == SAMPLE_ALLOCATIONS_MAX)
        abort();
    sample->allocations[sample->n_allocations++] = bytes;
    return bytes;
}

/* A text that a stranger wrote. */
static char *text(struct sample *sample, const char *string)
{
    size_t attack = sample->hostile ? strlen(sample_attack) : 0;
    char *copy = allocate(sample, attack + strlen(string) + 1, 1);

    memcpy(copy, sample_attack, attack);
    memcpy(copy + attack, string, strlen(string));
    return copy;
}

static char **texts(struct sample *sample, const char *const *strings, size_t n)
{
    char **copies = allocate(sample, n, sizeof *copies);

    for (size_t i = 0; i < n; i++)
        copies[i] = text(sample, strings[i]);
    return copies;
}

static struct dns_answer *answer(struct sample *sample, const char *name, uint16_t type,
                                 enum dns_status status, enum dns_security security)
{
    struct dns_answer *made = allocate(sample, 1, sizeof *made);

    *made = (struct dns_answer){.references = 1,
                                .name = text(sample, name),
                                .type = type,
                                .status = status,
                                .security = security,
                                .ede_code = -1};
    return made;
}

static struct dns_address address(const char *ip)
{
    struct dns_address parsed;

    if (!dns_address_parse(ip, &parsed))
        abort();
    return parsed;
}

static struct dns_answer *addresses(struct sample *sample, const char *host, const char *ip)
{
    struct dns_answer *made = answer(sample, host, DNS_TYPE_A, DNS_FOUND, DNS_SECURE);

    made->records = allocate(sample, 1, sizeof *made->records);
    made->n_records = 1;
    made->records[0].type = DNS_TYPE_A;
    made->records[0].u.address = address(ip);
    return made;
}

static void add_mx(struct sample *sample, const char *const *hosts, size_t n_hosts)
{
    struct dns_answer *mx =
        answer(sample, sample->facts.domain, DNS_TYPE_MX, DNS_FOUND, DNS_SECURE);

    mx->records = allocate(sample, n_hosts, sizeof *mx->records);
    mx->n_records = n_hosts;
    sample->facts.mx = mx;
    sample->facts.hosts = allocate(sample, n_hosts, sizeof *sample->facts.hosts);
    sample->facts.n_hosts = sample->facts.hosts_seen = n_hosts;
    sample->verdict.hosts = allocate(sample, n_hosts, sizeof *sample->verdict.hosts);
    sample->verdict.n_hosts = n_hosts;
    for (size_t i = 0; i < n_hosts; i++) {
        mx->records[i].type = DNS_TYPE_MX;
        mx->records[i].u.mx.preference = (uint16_t)(10 * (i + 1));
        mx->records[i].u.mx.host = text(sample, hosts[i]);
        sample->facts.hosts[i].host = text(sample, hosts[i]);
        sample->facts.hosts[i].preference = (uint16_t)(10 * (i + 1));
        sample->facts.hosts[i].a = addresses(sample, hosts[i], "192.0.2.1");
        sample->verdict.hosts[i].dane = DANE_ABSENT;
    }
}

static void add_tlsa(struct sample *sample, size_t at_host)
{
    struct host_facts *host = &sample->facts.hosts[at_host];
    struct dns_answer *tlsa =
        answer(sample, "_25._tcp.mx1.example.test", DNS_TYPE_TLSA, DNS_FOUND, DNS_SECURE);

    tlsa->records = allocate(sample, 1, sizeof *tlsa->records);
    tlsa->n_records = 1;
    tlsa->records[0].type = DNS_TYPE_TLSA;
    tlsa->records[0].u.tlsa.usage = 3;
    tlsa->records[0].u.tlsa.selector = 1;
    tlsa->records[0].u.tlsa.matching = 1;
    tlsa->records[0].u.tlsa.length = TLS_SHA256_LENGTH;
    tlsa->records[0].u.tlsa.data = allocate(sample, TLS_SHA256_LENGTH, 1);
    memset(tlsa->records[0].u.tlsa.data, 0xAB, TLS_SHA256_LENGTH);
    host->tlsa = tlsa;
    host->tlsa_base = text(sample, host->host);
    sample->verdict.hosts[at_host].dane = DANE_USABLE;
}

static void add_endpoints(struct sample *sample, size_t at_host, const char *const *ips, size_t n)
{
    struct host_facts *host = &sample->facts.hosts[at_host];
    struct host_verdict *verdict = &sample->verdict.hosts[at_host];

    host->endpoints = allocate(sample, n, sizeof(struct smtp_facts *));
    host->n_endpoints = host->addresses_seen = n;
    verdict->endpoints = allocate(sample, n, sizeof *verdict->endpoints);
    verdict->n_endpoints = n;
    for (size_t i = 0; i < n; i++) {
        struct smtp_facts *facts = allocate(sample, 1, sizeof *facts);
        *facts = (struct smtp_facts){.references = 1,
                                     .address = address(ips[i]),
                                     .port = 25,
                                     .timings = {3, -1, -1, -1, -1},
                                     .observed_at_ms = NOW_S * 1000 + 200};
        host->endpoints[i] = facts;
    }
}

/* As far as EHLO: every session that gets an answer begins so. */
static void greet(struct sample *sample, struct smtp_facts *facts)
{
    static const char *const capabilities[] = {"STARTTLS", "SIZE 10240000"};
    static const struct {
        int at_ms;
        char direction;
        const char *text;
    } lines[] = {
        {2, '<', "220 mx1.example.test ESMTP"},
        {2, '>', "EHLO probe.example"},
        {4, '<', "250-mx1.example.test"},
        {4, '<', "250 STARTTLS"},
        {4, '>', "STARTTLS"},
        {5, '<', "220 2.0.0 Ready"},
    };

    facts->stage = SMTP_STAGE_EHLO;
    facts->banner = text(sample, "220 mx1.example.test ESMTP");
    facts->helo = text(sample, "mx1.example.test");
    facts->capabilities = texts(sample, capabilities, 2);
    facts->n_capabilities = 2;
    facts->timings = (struct smtp_timings){1, 2, 1, -1, -1};
    facts->n_dialogue = sizeof lines / sizeof *lines;
    facts->dialogue = allocate(sample, facts->n_dialogue, sizeof *facts->dialogue);
    for (size_t i = 0; i < facts->n_dialogue; i++) {
        facts->dialogue[i] =
            (struct smtp_line){lines[i].at_ms, lines[i].direction, text(sample, lines[i].text)};
    }
}

static void fill_certificate(struct sample *sample, struct tls_certificate *certificate,
                             const char *subject, const char *issuer, int64_t not_after_s)
{
    static const char *const sans[] = {"DNS:mx1.example.test", "DNS:mail.example.test"};

    *certificate = (struct tls_certificate){.subject = text(sample, subject),
                                            .issuer = text(sample, issuer),
                                            .sans = texts(sample, sans, 2),
                                            .n_sans = 2,
                                            .sans_seen = 2,
                                            .not_before_s = not_after_s - 90 * DAY_S,
                                            .not_after_s = not_after_s,
                                            .key = text(sample, "EC 256"),
                                            .signature = text(sample, "ecdsa-with-SHA256")};
    memset(certificate->sha256, 0x5A, sizeof certificate->sha256);
    memset(certificate->spki_sha256, 0xAB, sizeof certificate->spki_sha256);
}

static void secure(struct sample *sample, struct smtp_facts *facts, int64_t not_after_s)
{
    struct tls_facts *tls = allocate(sample, 1, sizeof *tls);

    *tls = (struct tls_facts){.references = 1,
                              .protocol = text(sample, "TLSv1.3"),
                              .cipher = text(sample, "TLS_AES_256_GCM_SHA384"),
                              .group = text(sample, "x25519"),
                              .sni = text(sample, "mx1.example.test"),
                              .chain = allocate(sample, 2, sizeof(struct tls_certificate)),
                              .n_chain = 2,
                              .chain_seen = 2};
    fill_certificate(sample, &tls->chain[0], "CN=mx1.example.test", "CN=Intermediate\\, 2",
                     not_after_s);
    fill_certificate(sample, &tls->chain[1], "CN=Intermediate\\, 2", "CN=Root",
                     NOW_S + 900 * DAY_S);
    tls->chain[1].not_before_s = NOW_S - 900 * DAY_S;
    facts->stage = SMTP_STAGE_DONE;
    facts->starttls = SMTP_STARTTLS_ACCEPTED;
    facts->timings = (struct smtp_timings){1, 2, 1, 1, 5};
    facts->tls = tls;
}

static void add_policy(struct sample *sample, enum sts_mode mode, const char *body)
{
    static const char *const patterns[] = {"*.example.test"};
    struct sts_fetch_facts *fetch = allocate(sample, 1, sizeof *fetch);

    *fetch = (struct sts_fetch_facts){
        .references = 1,
        .url = text(sample, "https://mta-sts.example.test/.well-known/mta-sts.txt"),
        .problem = STS_FETCH_OK,
        .http_status = 200,
        .content_type = text(sample, "text/plain"),
        .body = (uint8_t *)text(sample, body),
        .length = strlen(body) + (sample->hostile ? strlen(sample_attack) + 1 : 0),
        .elapsed_ms = 30};
    sample->facts.sts_fetch = fetch;
    sample->verdict.sts_record.status = STS_RECORD_VALID;
    sample->verdict.sts_record.text = text(sample, "v=STSv1; id=20261101;");
    strcpy(sample->verdict.sts_record.id, "20261101");
    sample->verdict.sts_status = STS_POLICY_VALID;
    sample->verdict.policy = (struct sts_policy){.valid = true,
                                                 .mode = mode,
                                                 .max_age_s = 604800,
                                                 .mx = texts(sample, patterns, 1),
                                                 .n_mx = 1};
    for (size_t i = 0; i < sample->verdict.n_hosts; i++)
        sample->verdict.hosts[i].sts_match = sample->verdict.policy.mx[0];
}

static void add_tlsrpt(struct sample *sample)
{
    static const char *const rua[] = {"mailto:tls@example.test"};

    sample->verdict.tlsrpt =
        (struct tlsrpt_record){.status = TLSRPT_VALID,
                               .text = text(sample, "v=TLSRPTv1; rua=mailto:tls@example.test"),
                               .rua = texts(sample, rua, 1),
                               .n_rua = 1};
}

static void find(struct sample *sample, struct finding finding)
{
    struct finding *findings = sample->verdict.findings;

    if (!findings)
        sample->verdict.findings = findings = allocate(sample, 16, sizeof *findings);
    finding.mx = finding.mx ? text(sample, finding.mx) : NULL;
    finding.detail = text(sample, finding.detail);
    finding.fix = text(sample, finding.fix);
    findings[sample->verdict.n_findings++] = finding;
}

static char ip_1[] = "192.0.2.1", ip_2[] = "2001:db8::1", ip_3[] = "192.0.2.3";
static char mx_1[] = "mx1.example.test", mx_2[] = "mx2.example.test";

static void make_healthy(struct sample *sample)
{
    static const char *const hosts[] = {mx_1, mx_2};
    static const char *const first[] = {ip_1, ip_2}, *const second[] = {ip_3};

    add_mx(sample, hosts, 2);
    add_tlsa(sample, 0);
    add_endpoints(sample, 0, first, 2);
    add_endpoints(sample, 1, second, 1);
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < sample->facts.hosts[i].n_endpoints; j++) {
            struct chain_verdict *verdict = &sample->verdict.hosts[i].endpoints[j].chain;
            greet(sample, sample->facts.hosts[i].endpoints[j]);
            secure(sample, sample->facts.hosts[i].endpoints[j],
                   NOW_S + 23 * DAY_S + 3600 + (int64_t)i * DAY_S);
            verdict->webpki.trusted = true;
            verdict->name_matches = true;
            verdict->dane_judged = i == 0;
            verdict->dane =
                (struct tls_dane){.outcome = TLS_DANE_MATCH, .matched = i == 0 ? 0 : -1};
        }
    }
    add_policy(sample, STS_MODE_ENFORCE,
               "version: STSv1\nmode: enforce\nmx: *.example.test\nmax_age: 604800\n");
    add_tlsrpt(sample);
    sample->verdict.word = VERDICT_OK;
    sample->verdict.opportunistic = sample->verdict.mta_sts = sample->verdict.dane = DELIVERY_TLS;
}

static void expire(struct sample *sample, size_t at_endpoint, char *ip)
{
    struct chain_verdict *verdict = &sample->verdict.hosts[0].endpoints[at_endpoint].chain;

    greet(sample, sample->facts.hosts[0].endpoints[at_endpoint]);
    secure(sample, sample->facts.hosts[0].endpoints[at_endpoint], NOW_S - 23 * DAY_S);
    verdict->webpki.errors[0] = (struct tls_verify_error){.code = X509_V_ERR_CERT_HAS_EXPIRED};
    verdict->webpki.n_errors = 1;
    find(sample, (struct finding){
                     .row = "41",
                     .severity = SEVERITY_FAIL,
                     .result_type = RESULT_CERTIFICATE_EXPIRED,
                     .reason = REASON_CERTIFICATE_EXPIRED,
                     .policy_type = POLICY_TYPE_STS,
                     .stage = STAGE_CERTIFICATE,
                     .mx = mx_1,
                     .ip = ip,
                     .detail = (char[]){"certificate ended 2026-11-01T08:00:00Z (23 days ago)"},
                     .fix = (char[]){"Renew the certificate on mx1.example.test and reload "
                                     "the mail server."}});
}

static void break_sessions(struct sample *sample)
{
    struct smtp_facts **endpoints = sample->facts.hosts[1].endpoints;
    static const char http[] = "HTTP/1.1 400 Bad Request\r\n";

    greet(sample, endpoints[0]);
    endpoints[0]->starttls = SMTP_STARTTLS_NOT_OFFERED;
    endpoints[1]->problem = SMTP_CONNECTION_REFUSED;
    endpoints[1]->timings.connect = -1;
    greet(sample, endpoints[2]);
    endpoints[2]->stage = SMTP_STAGE_HANDSHAKE;
    endpoints[2]->problem = SMTP_TLS_FAILED;
    endpoints[2]->starttls = SMTP_STARTTLS_ACCEPTED;
    endpoints[2]->tls_failure.kind = TLS_FAILED_NOT_TLS;
    endpoints[2]->tls_failure.alert = -1;
    memcpy(endpoints[2]->tls_failure.first, http, sizeof http - 1);
    endpoints[2]->tls_failure.first_length = sizeof http - 1;
    endpoints[3]->stage = SMTP_STAGE_BANNER;
    endpoints[3]->problem = SMTP_TEMPORARY_REPLY;
    endpoints[3]->reply_code = 421;
    endpoints[3]->reply_text = text(sample, "4.7.0 Try again later");
}

static void make_broken(struct sample *sample)
{
    static const char *const hosts[] = {mx_1, mx_2};
    static const char *const first[] = {ip_1, ip_2};
    static const char *const second[] = {ip_3, "192.0.2.4", "192.0.2.5", "192.0.2.6"};
    static const char *const what_if[] = {"sts-mode=enforce"};

    add_mx(sample, hosts, 2);
    add_endpoints(sample, 0, first, 2);
    add_endpoints(sample, 1, second, 4);
    add_policy(sample, STS_MODE_ENFORCE,
               "version: STSv1\nmode: testing\nmx: *.example.test\nmax_age: 604800\n");
    sample->facts.sts_mode_given = true;
    sample->facts.sts_mode = STS_MODE_ENFORCE;
    sample->facts.mx->ede_code = 6;
    sample->facts.mx->ede_text = text(sample, "signature expired");
    sample->verdict.hosts[1].sts_match = NULL;
    add_tlsrpt(sample);
    find(sample, (struct finding){.row = "75",
                                  .severity = SEVERITY_INFO,
                                  .reason = REASON_TLS_RPT_ABSENT,
                                  .stage = STAGE_RECORD,
                                  .detail = (char[]){"no TLS-RPT record"},
                                  .fix = (char[]){"Publish one."}});
    find(sample, (struct finding){.row = "6",
                                  .severity = SEVERITY_UNKNOWN,
                                  .reason = REASON_CONNECTION_REFUSED,
                                  .stage = STAGE_CONNECT,
                                  .mx = mx_2,
                                  .ip = ip_3,
                                  .detail = (char[]){"connection refused"},
                                  .fix = (char[]){"Start the mail server."}});
    expire(sample, 0, ip_1);
    expire(sample, 1, ip_2);
    break_sessions(sample);
    sample->verdict.word = VERDICT_FAIL;
    sample->verdict.opportunistic = DELIVERY_TLS;
    sample->verdict.mta_sts = DELIVERY_DEFER;
    sample->verdict.dane = DELIVERY_TLS;
    sample->result.what_if = (const char *const *)texts(sample, what_if, 1);
    sample->result.n_what_if = 1;
}

static void make_empty(struct sample *sample)
{
    sample->facts.mx =
        answer(sample, sample->facts.domain, DNS_TYPE_MX, DNS_NXDOMAIN, DNS_INSECURE);
    sample->verdict.word = VERDICT_FAIL;
    sample->verdict.mx_status = MX_NXDOMAIN;
    sample->verdict.opportunistic = sample->verdict.mta_sts = DELIVERY_BOUNCE;
    sample->verdict.dane = DELIVERY_BOUNCE;
    sample->verdict.sts_record.status = STS_RECORD_ABSENT;
    sample->verdict.sts_status = STS_POLICY_NOT_FETCHED;
    sample->verdict.tlsrpt.status = TLSRPT_ABSENT;
    find(sample, (struct finding){.row = "1",
                                  .severity = SEVERITY_FAIL,
                                  .reason = REASON_DNS_NO_MAIL_HOST,
                                  .stage = STAGE_DNS,
                                  .detail = (char[]){"the domain does not exist"},
                                  .fix = (char[]){"Check the spelling of the domain."}});
}

void sample_make(struct sample *sample, enum sample_kind kind)
{
    static const char *const domains[] = {[SAMPLE_HEALTHY] = "xn--mnchen-3ya.test",
                                          [SAMPLE_BROKEN] = "example.test",
                                          [SAMPLE_HOSTILE] = "example.test",
                                          [SAMPLE_EMPTY] = "no.example.test"};

    *sample = (struct sample){.hostile = kind == SAMPLE_HOSTILE};
    sample->facts.domain = text(sample, domains[kind]);
    sample->facts.smtp_port = 25;
    sample->facts.ad_believed = true;
    sample->facts.validation = DNS_VALIDATES;
    sample->facts.started_at_ms = NOW_S * 1000 + 123;
    sample->facts.elapsed_ms = 412;
    switch (kind) {
    case SAMPLE_HEALTHY:
        make_healthy(sample);
        break;
    case SAMPLE_BROKEN:
    case SAMPLE_HOSTILE:
        make_broken(sample);
        break;
    case SAMPLE_EMPTY:
        make_empty(sample);
        break;
    }
    sample->result.facts = &sample->facts;
    sample->result.verdict = &sample->verdict;
    sample->result.now_s = NOW_S;
}

void sample_clear(struct sample *sample)
{
    for (size_t i = 0; i < sample->n_allocations; i++)
        free(sample->allocations[i]);
}
