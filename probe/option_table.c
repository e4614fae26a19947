#include "probe/option_table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/name.h"
#include "policy/timestamp.h"

/* --- reading arguments ---------------------------------------------------------------------- */

static const char *read_number(const char *text, long least, long most, long *out)
{
    char *end = NULL;

    if (text[0] < '0' || text[0] > '9')
        return "it is not a number";
    *out = strtol(text, &end, 10);
    if (*end)
        return "it is not a number";
    return *out < least || *out > most ? "it is out of range" : NULL;
}

static const char *read_port(const char *text, uint16_t *out)
{
    long port = 0;
    const char *problem = read_number(text, 1, 65535, &port);

    if (!problem)
        *out = (uint16_t)port;
    return problem;
}

/* Seconds, fractions allowed, as milliseconds. */
static const char *read_seconds(const char *text, int *out_ms)
{
    char *end = NULL;

    if ((text[0] < '0' || text[0] > '9') && text[0] != '.')
        return "it is not a number of seconds";
    double seconds = strtod(text, &end);
    if (*end || strpbrk(text, "xXpPeE"))
        return "it is not a number of seconds";
    if (seconds < 0.001 || seconds > 86400)
        return "it is out of range (0.001 to 86400 seconds)";
    *out_ms = (int)(seconds * 1000);
    return NULL;
}

/* ADDR, ADDR:PORT, [ADDR6]:PORT or ADDR6. */
static const char *read_server(const char *text, struct dns_server *out)
{
    const char *closing = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *colon = closing ? (closing[1] == ':' ? closing + 1 : NULL) : strchr(text, ':');
    char address[DNS_ADDRESS_TEXT_MAX + 2];

    out->port = 53;
    if (dns_address_parse(text, &out->address))
        return NULL;
    if (!colon || (size_t)(colon - text) >= sizeof address)
        return "it is not an IP address";
    memcpy(address, text, (size_t)(colon - text));
    address[colon - text] = '\0';
    if (!dns_address_parse(address, &out->address))
        return "it is not an IP address";
    return read_port(colon + 1, &out->port) ? "the port is not one" : NULL;
}

/* --- output ----------------------------------------------------------------------------------- */

static const char *set_format(struct settings *settings, const char *argument)
{
    static const char *const words[] = {"text", "json", "nagios", "tlsrpt"}; /* enum format */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(argument, words[i]) == 0) {
            settings->format = (enum format)i;
            settings->format_given = true;
            return NULL;
        }
    }
    return "the formats are text, json, nagios and tlsrpt";
}

static const char *set_org(struct settings *settings, const char *argument)
{
    settings->organization = argument;
    return argument[0] ? NULL : "it is empty";
}

/* The common form of an addr-spec: a dot-atom, "@" and a domain (RFC 5322 3.2.3, 3.4.1). */
static const char *set_contact(struct settings *settings, const char *argument)
{
    static const char atext[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$%&'*+-/=?^_`{|}~";
    const char *at = argument;
    char domain[DNS_NAME_MAX + 1];

    do {
        size_t atom = strspn(at, atext);
        if (atom == 0)
            return "it is not an address such as postmaster@example.com";
        at += atom;
    } while (*at == '.' && *++at);
    if (*at != '@' || dns_name_from_user(at + 1, domain) != DNS_NAME_OK)
        return "it is not an address such as postmaster@example.com";
    settings->contact = argument;
    return NULL;
}

static const char *set_color(struct settings *settings, const char *argument)
{
    static const char *const words[] = {"auto", "always", "never"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(argument, words[i]) == 0) {
            settings->color = (enum color_when)i;
            return NULL;
        }
    }
    return "it is one of auto, always and never";
}

static const char *set_verbose(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->verbosity++;
    settings->live.session.keep_dialogue = true;
    return NULL;
}

/* --- network ---------------------------------------------------------------------------------- */

static const char *set_resolver(struct settings *settings, const char *argument)
{
    struct dns_resolver_options *resolver = &settings->live.resolver;

    if (resolver->n_servers == DNS_SERVERS_MAX)
        return "too many resolvers";
    const char *problem = read_server(argument, &resolver->servers[resolver->n_servers]);
    if (!problem)
        resolver->n_servers++;
    return problem;
}

static const char *set_trust_ad(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->live.resolver.trust_ad = DNS_TRUST_ALWAYS;
    return NULL;
}

static const char *set_no_trust_ad(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->live.resolver.trust_ad = DNS_TRUST_NEVER;
    return NULL;
}

static const char *set_port(struct settings *settings, const char *argument)
{
    return read_port(argument, &settings->job.smtp_port);
}

static const char *set_sts_port(struct settings *settings, const char *argument)
{
    const char *problem = read_port(argument, &settings->job.sts_port);

    settings->live.fetcher.port = settings->job.sts_port;
    return problem;
}

static const char *set_ehlo(struct settings *settings, const char *argument)
{
    if (!argument[0] || strlen(argument) > SMTP_EHLO_NAME_MAX)
        return "it is empty or too long";
    for (const char *at = argument; *at; at++)
        if (*at <= ' ' || *at >= 0x7f)
            return "it is neither a host name nor an address literal";
    settings->live.session.ehlo = argument;
    return NULL;
}

static const char *set_source(struct settings *settings, const char *argument)
{
    struct live_options *live = &settings->live;
    struct dns_address address;

    if (!dns_address_parse(argument, &address))
        return "it is not an IP address";
    for (size_t i = 0; i < live->n_sources; i++)
        if (live->source[i].family == address.family)
            return "there is one for that family already";
    live->source[live->n_sources++] = address;
    return NULL;
}

static const char *set_ipv4(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->only_ipv4 = true;
    return NULL;
}

static const char *set_ipv6(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->only_ipv6 = true;
    return NULL;
}

static const char *set_connect_timeout(struct settings *settings, const char *argument)
{
    const char *problem = read_seconds(argument, &settings->live.session.connect_timeout_ms);

    settings->live.fetcher.connect_timeout_ms = settings->live.session.connect_timeout_ms;
    return problem;
}

static const char *set_timeout(struct settings *settings, const char *argument)
{
    int timeout_ms = 0;
    const char *problem = read_seconds(argument, &timeout_ms);

    if (problem)
        return problem;
    settings->live.session.banner_timeout_ms = timeout_ms;
    settings->live.session.timeout_ms = timeout_ms;
    settings->live.fetcher.timeout_ms = timeout_ms;
    settings->live.resolver.timeout_ms = timeout_ms;
    return NULL;
}

static const char *set_deadline(struct settings *settings, const char *argument)
{
    return read_seconds(argument, &settings->deadline_ms);
}

static const char *set_allow_private(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->job.allow_private = true;
    settings->allow_private_given = true;
    return NULL;
}

static const char *set_no_allow_private(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->job.allow_private = false;
    settings->allow_private_given = true;
    return NULL;
}

/* --- judgement -------------------------------------------------------------------------------- */

static const char *set_ca_file(struct settings *settings, const char *argument)
{
    settings->ca_file = argument;
    return NULL;
}

static const char *set_crl_file(struct settings *settings, const char *argument)
{
    settings->crl_file = argument;
    return NULL;
}

static const char *set_next_cert(struct settings *settings, const char *argument)
{
    settings->next_cert_file = argument;
    return NULL;
}

static const char *set_at(struct settings *settings, const char *argument)
{
    if (timestamp_parse(argument, (int64_t)time(NULL), &settings->judge.at_s) != 0)
        return "it is neither an RFC 3339 time nor of the form +30d";
    settings->at_given = true;
    return NULL;
}

static const char *read_days(const char *text, int *out)
{
    long days = -1;

    if (strcmp(text, "off") != 0) {
        const char *problem = read_number(text, 0, 36500, &days);
        if (problem)
            return problem;
    }
    *out = (int)days;
    return NULL;
}

static const char *set_expiry_warn(struct settings *settings, const char *argument)
{
    return read_days(argument, &settings->judge.expiry_warn_days);
}

static const char *set_expiry_crit(struct settings *settings, const char *argument)
{
    return read_days(argument, &settings->judge.expiry_crit_days);
}

static const char *set_require_dane(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->judge.require_dane = true;
    return NULL;
}

/* --- what-if ---------------------------------------------------------------------------------- */

static const char *set_mx(struct settings *settings, const char *argument)
{
    return what_if_add_mx(&settings->what_if, argument);
}

static const char *set_resolve(struct settings *settings, const char *argument)
{
    return what_if_add_addresses(&settings->what_if, argument);
}

static const char *set_tlsa(struct settings *settings, const char *argument)
{
    return what_if_add_tlsa(&settings->what_if, argument);
}

static const char *set_sts_record(struct settings *settings, const char *argument)
{
    settings->what_if.sts_record = argument;
    return NULL;
}

static const char *set_sts_policy(struct settings *settings, const char *argument)
{
    settings->sts_policy_file = argument;
    return NULL;
}

static const char *set_sts_mode(struct settings *settings, const char *argument)
{
    if (!sts_mode_parse(argument, &settings->job.sts_mode))
        return "it is one of enforce, testing and none";
    settings->job.sts_mode_given = true;
    return NULL;
}

static const char *set_tlsrpt_record(struct settings *settings, const char *argument)
{
    settings->what_if.tlsrpt_record = argument;
    return NULL;
}

static const char *set_replay(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->replay = true;
    return NULL;
}

static const char *set_no_autopsy(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->live.no_autopsy = true;
    return NULL;
}

static const char *set_both_keys(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->live.both_keys = true;
    return NULL;
}

static const char *set_tls_survey(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->live.tls_survey = true;
    return NULL;
}

static const char *set_injection_test(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->live.injection_test = true;
    return NULL;
}

/* --- scan ------------------------------------------------------------------------------------- */

static const char *set_output(struct settings *settings, const char *argument)
{
    settings->scan.output = argument;
    return argument[0] ? NULL : "it is empty";
}

static const char *set_resume(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->scan.resume = true;
    return NULL;
}

static const char *set_summary(struct settings *settings, const char *argument)
{
    settings->scan.summary = argument;
    return argument[0] ? NULL : "it is empty";
}

static const char *set_exclude(struct settings *settings, const char *argument)
{
    settings->scan.exclude = argument;
    return NULL;
}

static const char *set_progress(struct settings *settings, const char *argument)
{
    static const char *const words[] = {"auto", "always", "never"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(argument, words[i]) == 0) {
            settings->scan.progress = (enum progress_when)i;
            return NULL;
        }
    }
    return "it is one of auto, always and never";
}

static const char *read_size(const char *text, long least, long most, size_t *out)
{
    long number = 0;
    const char *problem = read_number(text, least, most, &number);

    if (!problem)
        *out = (size_t)number;
    return problem;
}

static const char *set_concurrency(struct settings *settings, const char *argument)
{
    return read_size(argument, 1, 100000, &settings->scan.concurrency);
}

static const char *set_threads(struct settings *settings, const char *argument)
{
    return read_size(argument, 1, 256, &settings->scan.threads);
}

static const char *set_per_host(struct settings *settings, const char *argument)
{
    return read_size(argument, 1, 10000, &settings->scan.per_host);
}

static const char *set_per_network(struct settings *settings, const char *argument)
{
    return read_size(argument, 1, 100000, &settings->scan.per_network);
}

static const char *set_max_memory(struct settings *settings, const char *argument)
{
    return read_size(argument, 32, 1 << 20, &settings->scan.max_memory_mib);
}

static const char *set_rate(struct settings *settings, const char *argument)
{
    long number = 0;
    const char *problem = read_number(argument, 1, 1000000, &number);

    settings->scan.rate = (double)number;
    return problem;
}

static const char *set_info_url(struct settings *settings, const char *argument)
{
    for (const char *at = argument; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            return "a URL has no spaces, control bytes or bytes beyond ASCII";
    settings->live.fetcher.info_url = argument;
    return argument[0] ? NULL : "it is empty";
}

static const char *set_help(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->help = true;
    return NULL;
}

static const char *set_version(struct settings *settings, const char *argument)
{
    (void)argument;
    settings->version = true;
    return NULL;
}

#define OUTPUT OPTION_GROUP_OUTPUT
#define NETWORK OPTION_GROUP_NETWORK
#define JUDGEMENT OPTION_GROUP_JUDGEMENT
#define WHAT_IF OPTION_GROUP_WHAT_IF
#define DEEPER OPTION_GROUP_DEEPER
#define SCAN OPTION_GROUP_SCAN
#define GENERAL OPTION_GROUP_GENERAL

const struct option option_table[] = {
    {"format", 0, "FMT", OUTPUT, FOR_ALL,
     "text, json, tlsrpt (an RFC 8460 report; check and scan) or nagios (one line with perfdata; "
     "check only); default text",
     set_format},
    {"color", 0, "WHEN", OUTPUT, FOR_ALL, "auto, always or never; NO_COLOR is honoured", set_color},
    {"org", 0, "NAME", OUTPUT, FOR_RESULTS | FOR_REPORT, "who reports, for tlsrpt; default mxprobe",
     set_org},
    {"contact", 0, "ADDR", OUTPUT, FOR_RESULTS | FOR_REPORT,
     "whom to ask about the report, for tlsrpt; default an address that says there is none",
     set_contact},
    {NULL, 'v', NULL, OUTPUT, FOR_CHECK,
     "show the dialogue with each server; -vv the handshake and certificates too", set_verbose},
    {"resolver", 0, "ADDR[:PORT]", NETWORK, FOR_PROBING,
     "DNS server to ask (repeatable); default the system's", set_resolver},
    {"trust-ad", 0, NULL, NETWORK, FOR_PROBING,
     "believe the resolver's AD bit; default for a loopback resolver", set_trust_ad},
    {"no-trust-ad", 0, NULL, NETWORK, FOR_PROBING, "do not believe it", set_no_trust_ad},
    {"port", 0, "N", NETWORK, FOR_PROBING, "SMTP port; default 25", set_port},
    {"sts-port", 0, "N", NETWORK, FOR_PROBING, "HTTPS port of the policy host; default 443",
     set_sts_port},
    {"ehlo", 0, "NAME", NETWORK, FOR_PROBING,
     "the name given in EHLO; default the host's FQDN, else an address literal", set_ehlo},
    {"source", 0, "ADDR", NETWORK, FOR_PROBING,
     "connect from this local address (repeatable, one a family)", set_source},
    {NULL, '4', NULL, NETWORK, FOR_PROBING, "IPv4 only", set_ipv4},
    {NULL, '6', NULL, NETWORK, FOR_PROBING, "IPv6 only", set_ipv6},
    {"connect-timeout", 0, "S", NETWORK, FOR_PROBING, "for the TCP connect; default 10 seconds",
     set_connect_timeout},
    {"timeout", 0, "S", NETWORK, FOR_PROBING,
     "for each protocol phase; default 60 seconds for the banner and the policy fetch, 30 for the "
     "others",
     set_timeout},
    {"deadline", 0, "S", NETWORK, FOR_PROBING, "for a whole domain; default 180 seconds",
     set_deadline},
    {"allow-private", 0, NULL, NETWORK, FOR_PROBING,
     "let targets lie in special-use address space (the default of check)", set_allow_private},
    {"no-allow-private", 0, NULL, NETWORK, FOR_PROBING, "refuse such targets",
     set_no_allow_private},
    {"ca-file", 0, "FILE", JUDGEMENT, FOR_PROBING, "trust anchors in place of the system's",
     set_ca_file},
    {"crl-file", 0, "FILE", JUDGEMENT, FOR_PROBING, "CRLs to check chains against", set_crl_file},
    {"at", 0, "TIME", JUDGEMENT, FOR_PROBING,
     "judge certificates as of this RFC 3339 time, or +30d", set_at},
    {"expiry-warn", 0, "DAYS", JUDGEMENT, FOR_PROBING,
     "a certificate that ends within so many days is a warning; default 21", set_expiry_warn},
    {"expiry-crit", 0, "DAYS", JUDGEMENT, FOR_PROBING, "the same as a failure; default off",
     set_expiry_crit},
    {"require-dane", 0, NULL, JUDGEMENT, FOR_RESULTS, "judge as a sender that mandates DANE",
     set_require_dane},
    {"next-cert", 0, "FILE", JUDGEMENT, FOR_SUGGEST,
     "the certificate (PEM) that comes next: the TLSA record of its key too", set_next_cert},
    {"replay", 0, NULL, DEEPER, FOR_REPORT,
     "probe each reported failure now, once each host and address, and compare", set_replay},
    {"no-autopsy", 0, NULL, DEEPER, FOR_PROBING,
     "no further attempts to tell why a handshake failed", set_no_autopsy},
    {"both-keys", 0, NULL, DEEPER, FOR_RESULTS,
     "one more session: the certificate of the other kind of key, RSA or ECDSA", set_both_keys},
    {"tls-survey", 0, NULL, DEEPER, FOR_CHECK,
     "ask every address for its TLS versions and weak suites, in up to 12 more connections",
     set_tls_survey},
    {"injection-test", 0, NULL, DEEPER, FOR_CHECK,
     "one more session: commands pipelined behind STARTTLS (CVE-2011-0411)", set_injection_test},
    {"mx", 0, "HOST[:PREF]", WHAT_IF, FOR_CHECK, "in place of the MX records (repeatable)", set_mx},
    {"resolve", 0, "HOST:ADDR[,ADDR]", WHAT_IF, FOR_CHECK,
     "the addresses of a mail or policy host (repeatable)", set_resolve},
    {"tlsa", 0, "'HOST:U S M HEX'", WHAT_IF, FOR_CHECK,
     "in place of the host's TLSA records (repeatable)", set_tlsa},
    {"sts-record", 0, "TEXT", WHAT_IF, FOR_CHECK, "in place of the _mta-sts record",
     set_sts_record},
    {"sts-policy", 0, "FILE", WHAT_IF, FOR_CHECK,
     "in place of the policy that would be fetched; implies a record", set_sts_policy},
    {"sts-mode", 0, "MODE", WHAT_IF, FOR_CHECK,
     "enforce, testing or none, in place of the policy's own mode", set_sts_mode},
    {"tlsrpt-record", 0, "TEXT", WHAT_IF, FOR_CHECK, "in place of the TLS-RPT record",
     set_tlsrpt_record},
    {"output", 0, "FILE", SCAN, FOR_SCAN, "where the results go; default standard output",
     set_output},
    {"resume", 0, NULL, SCAN, FOR_SCAN,
     "go on where the run that wrote --output stopped; nothing lost, nothing twice", set_resume},
    {"summary", 0, "FILE", SCAN, FOR_SCAN, "write the figures of the run as one JSON object",
     set_summary},
    {"progress", 0, "WHEN", SCAN, FOR_SCAN,
     "on standard error: auto (on a terminal), always or never", set_progress},
    {"exclude", 0, "FILE", SCAN, FOR_SCAN, "names and CIDR blocks never to touch", set_exclude},
    {"concurrency", 0, "N", SCAN, FOR_SCAN, "domains in flight; default 1000", set_concurrency},
    {"threads", 0, "N", SCAN, FOR_SCAN, "event loops; default one a core", set_threads},
    {"per-host", 0, "N", SCAN, FOR_SCAN, "connections to one address at a time; default 2",
     set_per_host},
    {"per-network", 0, "N", SCAN, FOR_SCAN, "connections to one /24 or /48 at a time",
     set_per_network},
    {"rate", 0, "N", SCAN, FOR_SCAN, "new connections a second", set_rate},
    {"max-memory", 0, "MIB", SCAN, FOR_SCAN, "what the program may use; default 1024",
     set_max_memory},
    {"info-url", 0, "URL", SCAN, FOR_SCAN,
     "shown to those who are probed, in the User-Agent of the policy fetch", set_info_url},
    {"help", 'h', NULL, GENERAL, FOR_ALL, "show this and end", set_help},
    {"version", 0, NULL, GENERAL, FOR_ALL, "show the version and end", set_version},
};

const size_t option_count = sizeof option_table / sizeof option_table[0];

const char *option_group_title(enum option_group group)
{
    static const char *const titles[] = {
        [OPTION_GROUP_OUTPUT] = "Output",
        [OPTION_GROUP_NETWORK] = "Network",
        [OPTION_GROUP_JUDGEMENT] = "Judgement",
        [OPTION_GROUP_DEEPER] = "Deeper looks",
        [OPTION_GROUP_SCAN] = "Scan",
        [OPTION_GROUP_WHAT_IF] = "What if: before anything is published (one DOMAIN)",
        [OPTION_GROUP_GENERAL] = "General",
        [OPTION_GROUP_COUNT] = "",
    };
    return titles[group];
}
