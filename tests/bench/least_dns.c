/*
 * bench_least_dns: MX queries with c-ares and nothing else, each answer parsed. What a query of the
 * resolver of mxprobe costs is set against it.
 */
#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/farm.h"
#include "bench/meter.h"

enum { EVENTS = 64, TICK_MS = 200, DESCRIPTORS = 1024, CLASS_IN = 1, TYPE_MX = 15, USAGE = 64 };

struct asking {
    struct meter meter;
    ares_channel channel;
    int epoll;
    bool watched[DESCRIPTORS];
};

static void on_answer(void *arg, int status, int timeouts, unsigned char *answer, int length)
{
    struct asking *asking = arg;
    struct ares_mx_reply *records = NULL;

    (void)timeouts;
    if (status == ARES_EDESTRUCTION)
        return;
    if (status == ARES_SUCCESS)
        status = ares_parse_mx_reply(answer, length, &records);
    meter_ended(&asking->meter, status == ARES_SUCCESS && records);
    if (records)
        ares_free_data(records);
}

static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct asking *asking = arg;
    struct epoll_event event = {.events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U),
                                .data.fd = fd};

    if (fd >= DESCRIPTORS)
        abort();
    const int how = asking->watched[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    asking->watched[fd] = readable || writable;
    (void)epoll_ctl(asking->epoll, asking->watched[fd] ? how : EPOLL_CTL_DEL, fd, &event);
}

static bool open_channel(struct asking *asking)
{
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_STAYOPEN,
        .timeout = 5000,
        .tries = 2,
        .socket_receive_buffer_size = 4 << 20,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = asking,
    };
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_RCVBUF |
                     ARES_OPT_SOCK_STATE_CB;
    char server[80];

    (void)snprintf(server, sizeof server, "%s:%u", asking->meter.server, asking->meter.port);
    asking->epoll = epoll_create1(EPOLL_CLOEXEC);
    return asking->epoll >= 0 && ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS &&
           ares_init_options(&asking->channel, &options, mask) == ARES_SUCCESS &&
           ares_set_servers_ports_csv(asking->channel, server) == ARES_SUCCESS;
}

static void ask_all(struct asking *asking)
{
    struct epoll_event events[EVENTS];
    uint32_t domain = 0;
    char name[FARM_NAME_MAX];

    while (!meter_is_over(&asking->meter)) {
        while (meter_next(&asking->meter, &domain)) {
            farm_domain(domain, name);
            ares_query(asking->channel, name, CLASS_IN, TYPE_MX, on_answer, asking);
        }
        const int n = epoll_wait(asking->epoll, events, EVENTS, TICK_MS);
        for (int i = 0; i < n; i++) {
            const int fd = events[i].data.fd;
            ares_process_fd(asking->channel,
                            events[i].events & (EPOLLIN | EPOLLERR) ? fd : ARES_SOCKET_BAD,
                            events[i].events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
        }
        if (n <= 0)
            ares_process_fd(asking->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
}

int main(int argc, char *argv[])
{
    static struct asking asking;

    if (!meter_begin(&asking.meter, argc, argv) || !asking.meter.server)
        return USAGE;
    if (!open_channel(&asking)) {
        (void)fprintf(stderr, "least_dns: no channel\n");
        return 1;
    }
    ask_all(&asking);
    ares_destroy(asking.channel);
    ares_library_cleanup();
    close(asking.epoll);
    return meter_end(&asking.meter);
}
