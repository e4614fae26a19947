/*
 * The scenarios' own loop: calls that are due at a time of a clock that nothing but the loop moves.
 */
#ifndef SCENARIOS_LOOP_H
#define SCENARIOS_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    struct timer *next; /* of those that are set */
    bool set;
    int64_t at_ms;
    uint64_t number; /* in the order of setting */
    void (*run)(void *arg);
    void *arg;
};

struct loop {
    struct timer *first;
    int64_t now_ms;
    uint64_t numbers;
    bool newest_first; /* of what is due at the same time */
};

/* `timer` must not be set; it is the caller's and may go once it has run or was stopped. */
void loop_set(struct loop *loop, struct timer *timer, int64_t in_ms, void (*run)(void *arg),
              void *arg);
/* Idempotent. */
void loop_stop(struct loop *loop, struct timer *timer);

/* Moves the clock to what is due next and runs it. False when nothing is set. */
bool loop_step(struct loop *loop);

#endif
