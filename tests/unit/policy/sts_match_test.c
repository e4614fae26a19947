/* RFC 8461 section 4.1. */
#include "case.h"

#include "policy/sts.h"

static const struct {
    const char *name;
    const char *pattern;
    const char *host;
    bool matches;
} cases[] = {
    {"same name", "mail.example.com", "mail.example.com", true},
    {"other name", "mail.example.com", "mail2.example.com", false},
    {"host in upper case", "mail.example.com", "MAIL.Example.COM", true},
    {"pattern in upper case", "Mail.Example.com", "mail.example.com", true},
    {"final dot of the host", "mail.example.com", "mail.example.com.", true},
    {"longer host", "example.com", "mail.example.com", false},
    {"longer pattern", "mail.example.com", "example.com", false},
    {"wildcard", "*.example.com", "mail.example.com", true},
    {"wildcard, case", "*.EXAMPLE.com", "mail.example.COM", true},
    {"wildcard, final dot", "*.example.com", "mail.example.com.", true},
    {"wildcard is not the domain itself", "*.example.com", "example.com", false},
    {"wildcard is one label, not two", "*.example.com", "a.b.example.com", false},
    {"wildcard is a whole label", "*.example.com", "mailexample.com", false},
    {"wildcard is not an empty label", "*.example.com", ".example.com", false},
    {"wildcard of a sibling", "*.example.com", "mail.example.org", false},
    {"wildcard of one label", "*.com", "example.com", true},
    {"wildcard of nothing", "*.", "com.", false},
    {"star is a character in the host", "mail.example.com", "*.example.com", false},
    {"A-label", "mx.xn--bcher-kva.example", "mx.XN--BCHER-KVA.example", true},
    {"single label", "localhost", "localhost", true},
    {"no dot under a wildcard", "*.localhost", "localhost", false},
    {"wildcard over an underscore label", "*.example.com", "_x.example.com", true},
    {"wildcard over an A-label", "*.xn--p1ai", "xn--bcher-kva.xn--p1ai", true},
    {"wildcard over a label of digits", "*.example.com", "1.example.com", true},
    {"wildcard, the suffix twice", "*.example.com", "example.com.example.com", false},
    {"final dot in the pattern's place alone", "*.example.com", "mail.example.com..", false},
    /* The DNS name with the label "mail.example" below com, as answers write it (RFC 1035 5.1). */
    {"escaped dot ends no label", "*.com", "mail\\.example.com", false},
    {"escaped dot before the suffix", "*.example.com", "mail\\.example.com", false},
    {"escaped byte", "*.example.com", "m\\000x.example.com", false},
    {"empty host", "mail.example.com", "", false},
    {"empty pattern", "", "", false},
};

static void test_patterns(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        CASE_CHECK(cases[i].name,
                   sts_pattern_matches(cases[i].pattern, cases[i].host) == cases[i].matches);
}

static void test_first_match_counts(void **state)
{
    (void)state;
    char first[] = "other.example.com", second[] = "*.example.com", third[] = "mail.example.com";
    char *mx[] = {first, second, third};
    const struct sts_policy policy = {.valid = true, .mx = mx, .n_mx = COUNT(mx)};
    assert_ptr_equal(sts_policy_match(&policy, "mail.example.com"), second);
    assert_ptr_equal(sts_policy_match(&policy, "other.example.com"), first);
    assert_null(sts_policy_match(&policy, "example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_first_match_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
