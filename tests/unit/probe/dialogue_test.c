/* Unit tests of probe/dialogue: kept as it was, and bounded. */
#include "case.h"

#include "probe/dialogue.h"

static int set_up(void **state)
{
    const struct dns_address address = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}};

    *state = smtp_facts_new(&address, 25);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    smtp_facts_unref(*state);
    return 0;
}

static void test_lines(void **state)
{
    struct smtp_facts *facts = *state;

    dialogue_add(facts, 5, '>', "EHLO probe.example.test");
    dialogue_add_reply(facts, 7, 250, true, "mx.example.test");
    dialogue_add_reply(facts, 8, 250, false, "");
    assert_int_equal(facts->n_dialogue, 3);
    assert_int_equal(facts->dialogue[0].at_ms, 5);
    assert_int_equal(facts->dialogue[0].direction, '>');
    assert_string_equal(facts->dialogue[0].text, "EHLO probe.example.test");
    assert_int_equal(facts->dialogue[1].direction, '<');
    assert_string_equal(facts->dialogue[1].text, "250-mx.example.test");
    assert_string_equal(facts->dialogue[2].text, "250 ");
}

static void test_bounds(void **state)
{
    struct smtp_facts *facts = *state;
    static char text[4 * DIALOGUE_TEXT_MAX];

    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < 2 * DIALOGUE_LINES_MAX; i++) {
        dialogue_add(facts, 0, '*', text);
        dialogue_add_reply(facts, 0, 250, true, text);
    }
    assert_int_equal(facts->n_dialogue, DIALOGUE_LINES_MAX);
    for (size_t i = 0; i < facts->n_dialogue; i++)
        assert_in_range(strlen(facts->dialogue[i].text), DIALOGUE_TEXT_MAX - 1, DIALOGUE_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
