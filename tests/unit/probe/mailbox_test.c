/* Unit tests of probe/mailbox: nothing lost, nothing twice, in each sender's order. */
#include "case.h"

#include <poll.h>
#include <pthread.h>

#include "probe/mailbox.h"

enum { SENDERS = 4, EACH = 20000 };

struct numbered {
    struct message message;
    unsigned sender, number;
};

struct sender {
    pthread_t thread;
    struct mailbox *mailbox;
    struct numbered *messages;
};

static void *send_all(void *arg)
{
    struct sender *sender = arg;

    for (unsigned i = 0; i < EACH; i++)
        mailbox_send(sender->mailbox, &sender->messages[i].message);
    return NULL;
}

static bool is_readable(const struct mailbox *mailbox, int timeout_ms)
{
    struct pollfd fd = {.fd = mailbox_fd(mailbox), .events = POLLIN};

    return poll(&fd, 1, timeout_ms) == 1;
}

static void test_one_thread(void **state)
{
    struct mailbox *mailbox = mailbox_new();
    struct numbered messages[3] = {{.number = 0}, {.number = 1}, {.number = 2}};

    (void)state;
    assert_non_null(mailbox);
    assert_false(is_readable(mailbox, 0));
    assert_null(mailbox_take(mailbox));
    for (size_t i = 0; i < 3; i++)
        mailbox_send(mailbox, &messages[i].message);
    assert_true(is_readable(mailbox, 0));
    struct message *message = mailbox_take(mailbox);
    for (size_t i = 0; i < 3; i++, message = message->next)
        assert_ptr_equal(message, &messages[i].message);
    assert_null(message);
    assert_false(is_readable(mailbox, 0));
    mailbox_send(mailbox, &messages[0].message); /* and it wakes again */
    assert_true(is_readable(mailbox, 0));
    assert_ptr_equal(mailbox_take(mailbox), &messages[0].message);
    mailbox_free(mailbox);
}

static void test_many_senders(void **state)
{
    struct mailbox *mailbox = mailbox_new();
    struct sender senders[SENDERS];
    unsigned next[SENDERS] = {0};
    size_t received = 0;

    (void)state;
    assert_non_null(mailbox);
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] =
            (struct sender){.mailbox = mailbox, .messages = calloc(EACH, sizeof(struct numbered))};
        assert_non_null(senders[i].messages);
        for (unsigned j = 0; j < EACH; j++)
            senders[i].messages[j] = (struct numbered){.sender = i, .number = j};
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    while (received < SENDERS * EACH) {
        assert_true(is_readable(mailbox, 10000)); /* no wake-up is lost */
        for (struct message *message = mailbox_take(mailbox); message; message = message->next) {
            const struct numbered *numbered = (const struct numbered *)message;
            assert_int_equal(numbered->number, next[numbered->sender]);
            next[numbered->sender]++;
            received++;
        }
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
        assert_int_equal(next[i], EACH);
        free(senders[i].messages);
    }
    assert_null(mailbox_take(mailbox));
    mailbox_free(mailbox);
}

static void count(void *receiver, struct message *message)
{
    ++*(unsigned *)receiver;
    free(message); /* it belongs to the receiver */
}

static void test_deliver(void **state)
{
    struct mailbox *mailbox = mailbox_new();
    unsigned delivered = 0;

    (void)state;
    assert_non_null(mailbox);
    for (size_t i = 0; i < 5; i++) {
        struct message *message = calloc(1, sizeof *message);
        assert_non_null(message);
        message->deliver = count;
        mailbox_send(mailbox, message);
    }
    mailbox_deliver(mailbox, &delivered);
    assert_int_equal(delivered, 5);
    mailbox_free(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_many_senders),
        cmocka_unit_test(test_deliver),
    };
    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
