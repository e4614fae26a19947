/*
 * libcurl's multi interface on libevent. curl tells through two callbacks which sockets and which
 * time to watch; they only arm events. All work happens when an event fires: curl is driven, then
 * what has ended is reaped.
 */
#include "policy/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "policy/sts.h"

enum {
    TIMEOUT_MS = 60000,           /* RFC 8461 3.3 */
    HEADERS_SIZE_MAX = 65536,     /* of one response, trailers included */
    HEADER_LINE_MAX = 100 * 1024, /* curl's own limit */
    HANDSHAKE_MESSAGES_MAX = 64,
    DNS_CACHE_S = 10, /* long enough to connect; curl would keep the addresses 60 s */
};

struct sts_fetcher {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    struct sts_fetcher_options options;
    char *user_agent;
    struct sts_fetch *first;
};

struct sts_fetch {
    struct sts_fetcher *fetcher;
    struct sts_fetch *next, **link; /* `link` is what points here */
    CURL *easy;
    struct curl_slist *resolve;
    struct event *connect_deadline; /* NULL where the whole fetch's is the only one */
    struct sts_fetch_facts *facts;
    size_t room;         /* of facts->body */
    size_t headers_size; /* so far */
    bool too_large, headers_too_large;
    bool no_memory;
    bool in_chunks;              /* the body tells its own end */
    bool closed_in_order;        /* a close_notify came */
    unsigned handshake_messages; /* received */
    int socket_error;            /* errno of a socket that could not be made */
    char error[CURL_ERROR_SIZE];
    sts_fetch_done_fn *done;
    void *arg;
};

/* --- what arrives -------------------------------------------------------------------------- */

static bool grow_body(struct sts_fetch *fetch, size_t length)
{
    struct sts_fetch_facts *facts = fetch->facts;
    size_t room = fetch->room ? fetch->room : 1024;
    while (room < length + 1)
        room *= 2;
    if (facts->body && room == fetch->room)
        return true;
    uint8_t *grown = realloc(facts->body, room);
    if (!grown)
        return false;
    facts->body = grown;
    fetch->room = room;
    return true;
}

/* Any other return value than `count` ends the transfer with CURLE_WRITE_ERROR. */
static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct sts_fetch *fetch = arg;
    struct sts_fetch_facts *facts = fetch->facts;
    size_t length = size * count;
    if (length > STS_POLICY_SIZE_MAX - facts->length) {
        fetch->too_large = true;
        return 0;
    }
    if (!grow_body(fetch, facts->length + length)) {
        fetch->no_memory = true;
        return 0;
    }
    memcpy(facts->body + facts->length, bytes, length);
    facts->length += length;
    facts->body[facts->length] = 0;
    return length;
}

/* "Transfer-Encoding: chunked": any other coding ends where the connection does (RFC 9112 6.3). */
static bool tells_chunks(const char *line, size_t length)
{
    static const char name[] = "Transfer-Encoding:", last[] = "chunked";
    while (length > 0 && strchr(" \t\r\n", line[length - 1]))
        length--;
    return length >= sizeof name - 1 + sizeof last - 1 &&
           strncasecmp(line, name, sizeof name - 1) == 0 &&
           strncasecmp(line + length - (sizeof last - 1), last, sizeof last - 1) == 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature is curl's */
static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct sts_fetch *fetch = arg;
    fetch->in_chunks |= tells_chunks(bytes, size * count);
    fetch->headers_size += size * count;
    fetch->headers_too_large = fetch->headers_size > HEADERS_SIZE_MAX;
    return fetch->headers_too_large ? 0 : size * count;
}

/* The chain is judged later (tls/verify.h): nothing is verified here, and nothing twice. */
static int accept_any_chain(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}

static void on_tls_state(const SSL *ssl, int where, int value)
{
    (void)value;
    if (!(where & SSL_CB_HANDSHAKE_DONE))
        return;
    SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
    struct sts_fetch *fetch = SSL_CTX_get_app_data(ctx);
    fetch->facts->tls = tls_facts_capture((SSL *)ssl);
    fetch->no_memory |= !fetch->facts->tls;
    /* TLS 1.3 would tell the same again after each session ticket. */
    SSL_set_info_callback((SSL *)ssl, NULL);
    SSL_CTX_set_info_callback(ctx, NULL);
}

/*
 * OpenSSL reads on for as long as handshake messages come, and curl with it: a server that sends
 * session tickets or hello requests without end would keep the whole loop. Enough is taken for the
 * end of the stream.
 */
static void on_tls_message(int sent, int version, int type, const void *bytes, size_t length,
                           SSL *ssl, void *arg)
{
    struct sts_fetch *fetch = arg;
    (void)version;
    if (!sent && type == SSL3_RT_ALERT && length == 2 &&
        ((const uint8_t *)bytes)[1] == SSL3_AD_CLOSE_NOTIFY)
        fetch->closed_in_order = true;
    if (!sent && type == SSL3_RT_HANDSHAKE && ++fetch->handshake_messages > HANDSHAKE_MESSAGES_MAX)
        SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
}

static CURLcode on_tls_context(CURL *easy, void *context, void *arg)
{
    SSL_CTX *ctx = context;
    (void)easy;
    SSL_CTX_set_app_data(ctx, arg);
    SSL_CTX_set_cert_verify_callback(ctx, accept_any_chain, NULL);
    SSL_CTX_set_info_callback(ctx, on_tls_state);
    SSL_CTX_set_msg_callback(ctx, on_tls_message);
    SSL_CTX_set_msg_callback_arg(ctx, arg);
    SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
    return CURLE_OK;
}

static bool bind_source(const struct sts_fetcher_options *options, int fd, int family)
{
    const struct dns_address *source =
        family == AF_INET ? options->source_ipv4 : options->source_ipv6;
    struct sockaddr_storage name;

    if (!source)
        return true;
    socklen_t length = dns_address_to_sockaddr(source, 0, &name);
    return bind(fd, (struct sockaddr *)&name, length) == 0;
}

/* curl forgets why a socket could not be made, and that is never the remote's fault. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct sts_fetch *fetch = arg;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0 && errno != EAFNOSUPPORT)
        fetch->socket_error = errno;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    if (bind_source(&fetch->fetcher->options, fd, address->family))
        return fd;
    fetch->socket_error = errno;
    close(fd);
    return CURL_SOCKET_BAD;
}

/* --- how it ended -------------------------------------------------------------------------- */

/* curl says "out of memory" for a header line over its limit too: tell the two apart. */
static enum sts_fetch_problem memory_problem(struct sts_fetch *fetch)
{
    void *memory = fetch->facts->tls ? malloc(HEADER_LINE_MAX) : NULL;
    fetch->headers_too_large = memory;
    free(memory);
    return fetch->headers_too_large ? STS_FETCH_BROKEN : STS_FETCH_OURS;
}

static enum sts_fetch_problem connect_problem(struct sts_fetch *fetch)
{
    long os_error = 0;
    curl_easy_getinfo(fetch->easy, CURLINFO_OS_ERRNO, &os_error);
    /* connect(2) found no local port, or no memory in the kernel. */
    if (os_error == EADDRNOTAVAIL || os_error == EAGAIN || os_error == ENOBUFS ||
        os_error == ENOMEM)
        fetch->socket_error = (int)os_error;
    return fetch->socket_error ? STS_FETCH_OURS : STS_FETCH_CONNECT;
}

/*
 * curl has no code for it where OpenSSL lacks memory: the text alone tells, by its reason or by the
 * error code's last digits ("error:038C0100:memory buffer routines…").
 */
static bool is_shortage(const char *error)
{
    const char *code = strstr(error, "error:");
    unsigned long number = code ? strtoul(code + strlen("error:"), NULL, 16) : 0;
    return strstr(error, "malloc failure") ||
           (number && ERR_GET_REASON(number) == ERR_R_MALLOC_FAILURE);
}

/*
 * A body without a length that ends without close_notify may have been cut on the way. Not every
 * curl tells: its BIO knows no end of file, and OpenSSL then sees no error. HTTP/2 ends the stream
 * with a flag (RFC 9113 8.1), and the connection may go on.
 */
static bool may_be_cut(const struct sts_fetch *fetch)
{
    curl_off_t length = -1;
    long version = 0;
    curl_easy_getinfo(fetch->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_easy_getinfo(fetch->easy, CURLINFO_HTTP_VERSION, &version);
    return length < 0 && version < CURL_HTTP_VERSION_2_0 && !fetch->in_chunks &&
           !fetch->closed_in_order;
}

static enum sts_fetch_problem problem_of(struct sts_fetch *fetch, CURLcode code)
{
    /* The few codes with a meaning of their own; every other is a response that went wrong. */
    if (fetch->no_memory)
        return STS_FETCH_OURS;
    if (code == CURLE_OK)
        return may_be_cut(fetch) ? STS_FETCH_BROKEN : STS_FETCH_OK;
    if (code == CURLE_WRITE_ERROR)
        return fetch->too_large ? STS_FETCH_TOO_LARGE : STS_FETCH_BROKEN;
    if (code == CURLE_OUT_OF_MEMORY)
        return memory_problem(fetch);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return STS_FETCH_TIMEOUT;
    if (code == CURLE_COULDNT_CONNECT)
        return connect_problem(fetch);
    if (code == CURLE_FAILED_INIT || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_INTERFACE_FAILED)
        return STS_FETCH_OURS;
    if (is_shortage(fetch->error))
        return STS_FETCH_OURS;
    return fetch->facts->tls ? STS_FETCH_BROKEN : STS_FETCH_TLS;
}

static const char *error_text(const struct sts_fetch *fetch, CURLcode code)
{
    if (fetch->too_large)
        return "the body is larger than 65536 bytes";
    if (fetch->headers_too_large)
        return "the response has too many header bytes";
    if (fetch->no_memory)
        return "out of memory";
    if (fetch->facts->problem == STS_FETCH_OURS && fetch->socket_error)
        return strerror(fetch->socket_error);
    if (code == CURLE_OK)
        return "the connection was closed without a close_notify, and the body tells no length";
    if (code == CURLE_UNSUPPORTED_PROTOCOL) /* curl takes it for HTTP/0.9 */
        return "the response does not begin with an HTTP status line";
    if (!fetch->error[0])
        return curl_easy_strerror(code);
    /* "OpenSSL/3.0.22: error:0A00010B:SSL routines::wrong version number": the reason says it. */
    const char *reason = strstr(fetch->error, "SSL routines::");
    return reason ? reason + strlen("SSL routines::") : fetch->error;
}

static char *copy(struct sts_fetch *fetch, const char *text)
{
    char *result = text ? strdup(text) : NULL;
    if (text && !result)
        fetch->facts->problem = STS_FETCH_OURS;
    return result;
}

/*
 * The Content-Type of the response. RFC 9110 5.3 has one at most, and curl would keep the last: of
 * several the first is shown that a policy must not have. NULL when there is none.
 */
static const char *content_type_of(const struct sts_fetch *fetch)
{
    struct curl_header *header;
    const char *type = NULL;
    for (size_t i = 0; !type || sts_media_type_ok(type); i++) {
        if (curl_easy_header(fetch->easy, "Content-Type", i, CURLH_HEADER, -1, &header) !=
            CURLHE_OK)
            break;
        /* curl 7.88 leaves the line end in a value that is empty. */
        type = header->value[0] == '\r' ? "" : header->value;
    }
    return type;
}

/* Fills in what curl knows once a transfer has ended. */
static void conclude(struct sts_fetch *fetch, CURLcode code)
{
    struct sts_fetch_facts *facts = fetch->facts;
    curl_off_t elapsed_us = 0;

    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &facts->http_status);
    curl_easy_getinfo(fetch->easy, CURLINFO_TOTAL_TIME_T, &elapsed_us);
    facts->elapsed_ms = (int)(elapsed_us / 1000);
    facts->problem = problem_of(fetch, code);
    /* A status other than 200 says all that counts, whatever becomes of its body. */
    if (facts->problem != STS_FETCH_OURS && facts->http_status >= 200 && facts->http_status != 200)
        facts->problem = STS_FETCH_OK;
    facts->content_type = copy(fetch, content_type_of(fetch));
    if (facts->problem == STS_FETCH_OK)
        return;

    /* Half a policy is none. */
    facts->error = copy(fetch, error_text(fetch, code));
    free(facts->body);
    facts->body = NULL;
    facts->length = 0;
}

/* Takes the fetch out of the fetcher and frees it. Returns its facts, which the caller owns. */
static struct sts_fetch_facts *release(struct sts_fetch *fetch)
{
    struct sts_fetch_facts *facts = fetch->facts;
    *fetch->link = fetch->next;
    if (fetch->next)
        fetch->next->link = fetch->link;
    if (fetch->easy) {
        curl_multi_remove_handle(fetch->fetcher->multi, fetch->easy);
        curl_easy_cleanup(fetch->easy);
    }
    curl_slist_free_all(fetch->resolve);
    if (fetch->connect_deadline)
        event_free(fetch->connect_deadline);
    free(fetch);
    return facts;
}

static void finish(struct sts_fetch *fetch, CURLcode code)
{
    sts_fetch_done_fn *done = fetch->done;
    void *arg = fetch->arg;
    conclude(fetch, code);
    done(arg, release(fetch));
}

/* Outside of curl_multi_socket_action, so that `done` may start and cancel fetches. */
static void reap(struct sts_fetcher *fetcher)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(fetcher->multi, &left))) {
        struct sts_fetch *fetch = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* gone with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
        finish(fetch, code);
    }
}

/* --- driving curl -------------------------------------------------------------------------- */

static void drive(struct sts_fetcher *fetcher, curl_socket_t fd, int action)
{
    int running;
    CURLMcode code = curl_multi_socket_action(fetcher->multi, fd, action, &running);
    reap(fetcher);
    if (code == CURLM_OK)
        return;
    /* No memory for an event: curl gives the whole handle up, so nothing else would end. */
    while (fetcher->first) {
        fetcher->first->no_memory = true;
        finish(fetcher->first, CURLE_OUT_OF_MEMORY);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    int action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    drive(arg, fd, action);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    drive(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int watch_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct sts_fetcher *fetcher = arg;
    struct timeval delay = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    (void)multi;
    if (timeout_ms < 0)
        return evtimer_del(fetcher->timer);
    return evtimer_add(fetcher->timer, &delay);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct sts_fetcher *fetcher = arg;
    struct event *event = known;
    (void)easy;
    if (event)
        event_free(event); /* libevent cannot change what an event waits for */
    curl_multi_assign(fetcher->multi, fd, NULL);
    if (what == CURL_POLL_REMOVE)
        return 0;

    short wanted = EV_PERSIST;
    if (what & CURL_POLL_IN)
        wanted |= EV_READ;
    if (what & CURL_POLL_OUT)
        wanted |= EV_WRITE;
    event = event_new(fetcher->base, fd, wanted, on_socket, fetcher);
    if (!event)
        return -1;
    if (event_add(event, NULL) || curl_multi_assign(fetcher->multi, fd, event) != CURLM_OK) {
        event_free(event);
        return -1;
    }
    return 0;
}

/* --- the fetcher --------------------------------------------------------------------------- */

static char *user_agent(const char *info_url)
{
    char *text;
    int length = info_url ? asprintf(&text, "mxprobe/" MXPROBE_VERSION " (+%s)", info_url)
                          : asprintf(&text, "mxprobe/" MXPROBE_VERSION);
    return length < 0 ? NULL : text;
}

struct sts_fetcher *sts_fetcher_new(struct event_base *base,
                                    const struct sts_fetcher_options *options)
{
    struct sts_fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (!fetcher)
        return NULL;
    fetcher->base = base;
    fetcher->options = *options;
    fetcher->options.info_url = NULL; /* lives on in user_agent alone */
    if (options->timeout_ms <= 0)
        fetcher->options.timeout_ms = TIMEOUT_MS;
    fetcher->user_agent = user_agent(options->info_url);
    fetcher->timer = evtimer_new(base, on_timer, fetcher);
    fetcher->multi = curl_multi_init();
    if (!fetcher->user_agent || !fetcher->timer || !fetcher->multi ||
        curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK ||
        curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher) != CURLM_OK ||
        curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, watch_timer) != CURLM_OK ||
        curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher) != CURLM_OK) {
        sts_fetcher_free(fetcher);
        return NULL;
    }
    return fetcher;
}

void sts_fetcher_free(struct sts_fetcher *fetcher)
{
    if (!fetcher)
        return;
    while (fetcher->first)
        sts_fetch_cancel(fetcher->first);
    curl_multi_cleanup(fetcher->multi);
    if (fetcher->timer)
        event_free(fetcher->timer);
    free(fetcher->user_agent);
    free(fetcher);
}

/* --- one fetch ----------------------------------------------------------------------------- */

/* "+mta-sts.DOMAIN:443:192.0.2.1,[2001:db8::1]": used instead of any resolver, and forgotten. */
static struct curl_slist *resolve_list(const char *domain, uint16_t port,
                                       const struct dns_address *addresses, size_t n_addresses)
{
    size_t room = strlen(domain) +
                  sizeof "+mta-sts.:65535:" + n_addresses * (DNS_ADDRESS_TEXT_MAX + sizeof "[],");
    char *entry = malloc(room);
    if (!entry)
        return NULL;
    int used = snprintf(entry, room, "+mta-sts.%s:%u:", domain, port);
    for (size_t i = 0; i < n_addresses; i++) {
        char text[DNS_ADDRESS_TEXT_MAX];
        bool brackets = addresses[i].family == DNS_IPV6;
        dns_address_format(&addresses[i], text);
        used += snprintf(entry + used, room - (size_t)used, "%s%s%s%s", i ? "," : "",
                         brackets ? "[" : "", text, brackets ? "]" : "");
    }
    struct curl_slist *list = curl_slist_append(NULL, entry);
    free(entry);
    return list;
}

/* Sets an option and remembers in `ok` whether it could be. */
#define SET(option, value) (ok &= curl_easy_setopt(easy, option, value) == CURLE_OK)

static bool set_request(struct sts_fetch *fetch)
{
    const struct sts_fetcher *fetcher = fetch->fetcher;
    CURL *easy = fetch->easy;
    bool ok = true;
    SET(CURLOPT_URL, fetch->facts->url);
    SET(CURLOPT_PRIVATE, fetch);
    SET(CURLOPT_USERAGENT, fetcher->user_agent);
    SET(CURLOPT_TIMEOUT_MS, (long)fetcher->options.timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)fetcher->options.timeout_ms);
    SET(CURLOPT_RESOLVE, fetch->resolve);
    SET(CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_CACHE_S);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_ERRORBUFFER, fetch->error);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, fetch);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, fetch);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_OPENSOCKETDATA, fetch);
    return ok;
}

static bool set_tls(struct sts_fetch *fetch)
{
    CURL *easy = fetch->easy;
    bool ok = true;
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 0L);
    SET(CURLOPT_SSL_VERIFYHOST, 0L);
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    SET(CURLOPT_SSL_CTX_DATA, fetch);
    return ok;
}

#undef SET

/* curl's own connect time-out includes the TLS handshake: this one is for TCP alone. */
static void on_connect_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct sts_fetch *fetch = arg;
    curl_off_t connected_us = 0;
    (void)fd;
    (void)what;
    curl_easy_getinfo(fetch->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
    if (connected_us == 0)
        finish(fetch, CURLE_OPERATION_TIMEDOUT);
}

static bool set_connect_deadline(struct sts_fetch *fetch, size_t n_addresses)
{
    int64_t wait_ms = (int64_t)fetch->fetcher->options.connect_timeout_ms * (int64_t)n_addresses;
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
    if (wait_ms <= 0 || wait_ms >= fetch->fetcher->options.timeout_ms)
        return true;
    fetch->connect_deadline = evtimer_new(fetch->fetcher->base, on_connect_deadline, fetch);
    return fetch->connect_deadline && evtimer_add(fetch->connect_deadline, &wait) == 0;
}

struct sts_fetch *sts_fetcher_start(struct sts_fetcher *fetcher, const char *domain,
                                    const struct dns_address *addresses, size_t n_addresses,
                                    sts_fetch_done_fn *done, void *arg)
{
    /* Without an address curl would ask the system's resolver. */
    struct sts_fetch *fetch = n_addresses > 0 ? calloc(1, sizeof *fetch) : NULL;
    if (!fetch)
        return NULL;
    fetch->fetcher = fetcher;
    fetch->done = done;
    fetch->arg = arg;
    fetch->next = fetcher->first;
    fetch->link = &fetcher->first;
    if (fetch->next)
        fetch->next->link = &fetch->next;
    fetcher->first = fetch;

    fetch->facts = sts_fetch_facts_new(domain, fetcher->options.port);
    fetch->resolve = resolve_list(domain, fetcher->options.port, addresses, n_addresses);
    fetch->easy = curl_easy_init();
    if (!fetch->facts || !fetch->resolve || !fetch->easy || !set_request(fetch) ||
        !set_tls(fetch) || !set_connect_deadline(fetch, n_addresses) ||
        curl_multi_add_handle(fetcher->multi, fetch->easy) != CURLM_OK) {
        sts_fetch_cancel(fetch);
        return NULL;
    }
    return fetch;
}

void sts_fetch_cancel(struct sts_fetch *fetch)
{
    sts_fetch_facts_unref(release(fetch));
}

int sts_fetch_library_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

void sts_fetch_library_cleanup(void)
{
    curl_global_cleanup();
}

const char *sts_fetch_library_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}
