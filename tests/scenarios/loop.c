#include "loop.h"

void loop_set(struct loop *loop, struct timer *timer, int64_t in_ms, void (*run)(void *arg),
              void *arg)
{
    *timer = (struct timer){.next = loop->first,
                            .set = true,
                            .at_ms = loop->now_ms + (in_ms > 0 ? in_ms : 0),
                            .number = loop->numbers++,
                            .run = run,
                            .arg = arg};
    loop->first = timer;
}

void loop_stop(struct loop *loop, struct timer *timer)
{
    struct timer **at = &loop->first;

    if (!timer->set)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->set = false;
}

static bool sooner(const struct loop *loop, const struct timer *a, const struct timer *b)
{
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms;
    return (a->number < b->number) != loop->newest_first;
}

bool loop_step(struct loop *loop)
{
    struct timer *next = loop->first;

    for (struct timer *at = next; at; at = at->next)
        if (sooner(loop, at, next))
            next = at;
    if (!next)
        return false;
    loop_stop(loop, next);
    loop->now_ms = next->at_ms;
    next->run(next->arg);
    return true;
}
