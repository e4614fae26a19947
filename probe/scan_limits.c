#include "probe/scan_limits.h"

#include <sched.h>

#include "probe/prepare.h"

enum {
    DESCRIPTORS_OF_THE_RUN = 32,  /* files, and what the libraries keep open */
    DESCRIPTORS_OF_A_WORKER = 32, /* its loop, its mailbox, its sockets to the resolvers */
    DESCRIPTORS_OF_A_DOMAIN = 1,  /* its policy fetch; its sessions are counted apart */
    /* What a session holds at most, handshake included; for sizing by --max-memory. */
    MEMORY_OF_A_SESSION_KIB = 96,
    MEMORY_OF_SHARED_FACTS_KIB = 24,
    SHARED_FACTS_MAX = 4096, /* of the run: beyond, few are asked for again */
    LEAST = 1,
};

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* So many that a quarter of the descriptors is left for what they are to do. */
static size_t most_threads(size_t descriptors)
{
    size_t left = descriptors > DESCRIPTORS_OF_THE_RUN ? descriptors - DESCRIPTORS_OF_THE_RUN : 0;

    return greater(left * 3 / 4 / DESCRIPTORS_OF_A_WORKER, LEAST);
}

struct scan_limits scan_limits_of(const struct scan_settings *settings, size_t descriptors,
                                  size_t cores)
{
    size_t memory_kib = settings->max_memory_mib * 1024;
    size_t threads_wanted = greater(settings->threads ? settings->threads : cores, LEAST);
    size_t threads = lesser(threads_wanted, most_threads(descriptors));
    size_t taken = DESCRIPTORS_OF_THE_RUN + threads * DESCRIPTORS_OF_A_WORKER;
    size_t left = descriptors > taken ? descriptors - taken : 0;
    /* A third for policy fetches, the rest for sessions, of which a domain has several. */
    size_t concurrency = lesser(settings->concurrency, left / 3 / DESCRIPTORS_OF_A_DOMAIN);
    size_t sessions = lesser(left - left / 3, memory_kib / 2 / MEMORY_OF_A_SESSION_KIB);
    size_t shared = lesser(SHARED_FACTS_MAX, memory_kib / 4 / MEMORY_OF_SHARED_FACTS_KIB);

    return (struct scan_limits){
        .threads = threads,
        .concurrency = greater(concurrency, LEAST),
        .descriptors = descriptors,
        .few_descriptors = threads < threads_wanted || concurrency < settings->concurrency,
        .worker = {.sessions = greater(sessions / threads, LEAST),
                   .shared_facts = greater(shared / threads, LEAST)},
    };
}

struct scan_limits scan_limits_choose(const struct scan_settings *settings)
{
    cpu_set_t set;
    size_t cores = 1;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        cores = (size_t)CPU_COUNT(&set);
    return scan_limits_of(settings, prepare_open_files(), cores);
}
