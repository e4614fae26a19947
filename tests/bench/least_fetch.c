/*
 * bench_least_fetch: policies fetched with a curl multi handle and one store of trust anchors for
 * all, and nothing else. What a fetch of mxprobe costs is set against it.
 */
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "bench/farm.h"
#include "bench/meter.h"

enum { USAGE = 64, TROUBLE = 70, TIMEOUT_S = 30, TICK_MS = 100 };

struct fetching {
    struct meter meter;
    CURLM *multi;
    X509_STORE *store;
};

/* What hangs on a transfer. */
struct transfer {
    struct curl_slist *address;
    size_t received;
};

static CURLcode use_store(CURL *easy, void *context, void *arg)
{
    (void)easy;
    SSL_CTX_set1_cert_store(context, arg);
    return CURLE_OK;
}

static size_t on_body(const char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *transfer = arg;

    (void)bytes;
    transfer->received += size * n;
    return size * n;
}

static bool start(struct fetching *fetching, uint32_t domain)
{
    CURL *easy = curl_easy_init();
    struct transfer *transfer = calloc(1, sizeof *transfer);
    char name[FARM_NAME_MAX], url[120], address[120];

    if (!easy || !transfer)
        return false;
    farm_policy_host(domain, name);
    (void)snprintf(url, sizeof url, "https://%s/.well-known/mta-sts.txt", name);
    (void)snprintf(address, sizeof address, "%s:443:%s", name, fetching->meter.server);
    transfer->address = curl_slist_append(NULL, address);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->address);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, fetching->store);
    return curl_multi_add_handle(fetching->multi, easy) == CURLM_OK;
}

static void collect(struct fetching *fetching)
{
    const CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(fetching->multi, &left))) {
        CURL *easy = message->easy_handle;
        const CURLcode result = message->data.result;
        struct transfer *transfer = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        meter_ended(&fetching->meter, result == CURLE_OK && transfer->received > 0);
        curl_multi_remove_handle(fetching->multi, easy);
        curl_easy_cleanup(easy);
        curl_slist_free_all(transfer->address);
        free(transfer);
    }
}

static bool fetch_all(struct fetching *fetching)
{
    uint32_t domain = 0;
    int running = 0;

    while (!meter_is_over(&fetching->meter)) {
        while (meter_next(&fetching->meter, &domain))
            if (!start(fetching, domain))
                return false;
        curl_multi_perform(fetching->multi, &running);
        collect(fetching);
        if (running == (int)fetching->meter.in_flight ||
            fetching->meter.started == fetching->meter.wanted)
            curl_multi_poll(fetching->multi, NULL, 0, TICK_MS, NULL);
    }
    return true;
}

int main(int argc, char *argv[])
{
    struct fetching fetching = {0};

    if (!meter_begin(&fetching.meter, argc, argv) || !fetching.meter.server ||
        !fetching.meter.ca_path)
        return USAGE;
    fetching.store = X509_STORE_new();
    if (curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK)
        fetching.multi = curl_multi_init();
    if (!fetching.multi || X509_STORE_load_file(fetching.store, fetching.meter.ca_path) != 1 ||
        !fetch_all(&fetching)) {
        (void)fprintf(stderr, "least_fetch: cannot start\n");
        return TROUBLE;
    }
    curl_multi_cleanup(fetching.multi);
    curl_global_cleanup();
    X509_STORE_free(fetching.store);
    return meter_end(&fetching.meter);
}
