/* RFC 8460 section 3, with the URIs of RFC 3986 and RFC 6068. */
#include "case.h"

#include "policy/tlsrpt.h"

#define P "v=TLSRPTv1; "
#define NAME32 "abcdefghijklmnopqrstuvwxyz012345"

enum { V = TLSRPT_VALID, ABSENT = TLSRPT_ABSENT, INVALID = TLSRPT_INVALID };

static const struct {
    const char *name;
    const char *text;
    int status;
    const char *rua[3];
} records[] = {
    {"the RFC's example of mailto",
     "v=TLSRPTv1;rua=mailto:reports@example.com",
     V,
     {"mailto:reports@example.com"}},
    {"the RFC's example of https",
     "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt",
     V,
     {"https://reporting.example.com/v1/tlsrpt"}},
    {"two URIs",
     P "rua=mailto:a@b.example,https://c.example/",
     V,
     {"mailto:a@b.example", "https://c.example/"}},
    {"white space around the comma",
     P "rua=mailto:a@b.example \t, mailto:c@d.example",
     V,
     {"mailto:a@b.example", "mailto:c@d.example"}},
    {"final delimiter", P "rua=mailto:a@b.example ; ", V, {"mailto:a@b.example"}},
    {"unknown field", P "rua=mailto:a@b.example; foo=bar", V, {"mailto:a@b.example"}},
    {"unknown field in front", P "foo=bar; rua=mailto:a@b.example", V, {"mailto:a@b.example"}},
    {"two rua fields",
     P "rua=mailto:a@b.example; rua=mailto:c@d.example",
     V,
     {"mailto:a@b.example", "mailto:c@d.example"}},
    {"scheme in upper case", P "rua=MAILTO:a@b.example", V, {"MAILTO:a@b.example"}},
    {"comma encoded", P "rua=mailto:a%2cb@c.example", V, {"mailto:a%2cb@c.example"}},
    {"exclamation point encoded", P "rua=mailto:a%21@c.example", V, {"mailto:a%21@c.example"}},
    {"header fields",
     P "rua=mailto:a@b.example?subject=tls%20report",
     V,
     {"mailto:a@b.example?subject=tls%20report"}},
    {"port and query",
     P "rua=https://a.example:8443/x?y=z&w=1#f",
     V,
     {"https://a.example:8443/x?y=z&w=1#f"}},
    {"host alone", P "rua=https://a.example", V, {"https://a.example"}},
    {"tabs around the comma",
     P "rua=mailto:a@b.example\t,\tmailto:c@d.example",
     V,
     {"mailto:a@b.example", "mailto:c@d.example"}},
    {"white space in a run around delimiters",
     "v=TLSRPTv1; \t rua=mailto:a@b.example \t ;\t foo=bar\t;",
     V,
     {"mailto:a@b.example"}},
    {"three URIs of both schemes",
     P "rua=mailto:a@b.example,https://c.example/,mailto:d@e.example",
     V,
     {"mailto:a@b.example", "https://c.example/", "mailto:d@e.example"}},
    {"the same URI twice",
     P "rua=mailto:a@b.example,mailto:a@b.example",
     V,
     {"mailto:a@b.example", "mailto:a@b.example"}},
    {"the version again is an extension",
     P "v=TLSRPTv2; rua=mailto:a@b.example",
     V,
     {"mailto:a@b.example"}},
    {"key in upper case beside rua", P "RUA=x; rua=mailto:a@b.example", V, {"mailto:a@b.example"}},
    /* RFC 6068 2: dot-atom-text, quoted-string, and brackets encoded. */
    {"mailto with sub-addressing", P "rua=mailto:a+tls@b.example", V, {"mailto:a+tls@b.example"}},
    {"mailto with a quoted local part",
     P "rua=mailto:%22a%20b%22@c.example",
     V,
     {"mailto:%22a%20b%22@c.example"}},
    {"mailto with an underscore in the domain",
     P "rua=mailto:a@b_c.example",
     V,
     {"mailto:a@b_c.example"}},
    {"mailto to an IPv4 literal",
     P "rua=mailto:a@%5B192.0.2.1%5D",
     V,
     {"mailto:a@%5B192.0.2.1%5D"}},
    {"mailto to an IPv6 literal",
     P "rua=mailto:a@%5bIPv6:2001:db8::1%5d",
     V,
     {"mailto:a@%5bIPv6:2001:db8::1%5d"}},
    {"mailto to a U-label, encoded",
     P "rua=mailto:a@%c3%bc.example",
     V,
     {"mailto:a@%c3%bc.example"}},
    {"mailto with a fragment", P "rua=mailto:a@b.example#f", V, {"mailto:a@b.example#f"}},
    /* RFC 3986 3: reg-name, port = *DIGIT, query and fragment each may be missing. */
    {"https with a query and no path", P "rua=https://a.example?x", V, {"https://a.example?x"}},
    {"https with an empty port", P "rua=https://a.example:/x", V, {"https://a.example:/x"}},
    {"https with a name of odd characters",
     P "rua=https://a_b~c.example/",
     V,
     {"https://a_b~c.example/"}},
    {"https in upper case", P "rua=HTTPS://A.EXAMPLE/X", V, {"HTTPS://A.EXAMPLE/X"}},
    {"https with the reserved characters encoded",
     P "rua=https://a.example/%2C%21%3b",
     V,
     {"https://a.example/%2C%21%3b"}},
    {"https with sub-delims in the path",
     P "rua=https://a.example/$&'()*+=:@",
     V,
     {"https://a.example/$&'()*+=:@"}},
    {"https to an IPv4 address inside IPv6",
     P "rua=https://[::ffff:192.0.2.1]/",
     V,
     {"https://[::ffff:192.0.2.1]/"}},
    {"IPv6 address", P "rua=https://[2001:db8::1]:443/x", V, {"https://[2001:db8::1]:443/x"}},

    {"version alone", "v=TLSRPTv1", INVALID, {NULL}},
    {"version and semicolon alone", "v=TLSRPTv1;", INVALID, {NULL}},
    {"no rua", P "foo=bar", INVALID, {NULL}},
    {"empty rua", P "rua=", INVALID, {NULL}},
    {"space before the first semicolon", "v=TLSRPTv1 ; rua=mailto:a@b.example", INVALID, {NULL}},
    {"empty field", P "rua=mailto:a@b.example;;", INVALID, {NULL}},
    {"empty field in front", "v=TLSRPTv1;; rua=mailto:a@b.example", INVALID, {NULL}},
    {"space behind the equals sign", P "rua= mailto:a@b.example", INVALID, {NULL}},
    {"space before the equals sign", P "rua =mailto:a@b.example", INVALID, {NULL}},
    {"space at the end", P "rua=mailto:a@b.example ", INVALID, {NULL}},
    {"key in upper case", P "RUA=mailto:a@b.example", INVALID, {NULL}},
    {"comma at the end", P "rua=mailto:a@b.example,", INVALID, {NULL}},
    {"two commas", P "rua=mailto:a@b.example,,mailto:c@d.example", INVALID, {NULL}},
    {"bare comma in a URI", P "rua=mailto:a,b@c.example", INVALID, {NULL}},
    {"bare exclamation point", P "rua=mailto:a@b.example!10m", INVALID, {NULL}},
    {"space inside a URI", P "rua=mailto:a b@c.example", INVALID, {NULL}},
    {"two URIs apart by a space", P "rua=mailto:a@b.example mailto:c@d.example", INVALID, {NULL}},
    {"percent sign by itself", P "rua=mailto:a%2@b.example", INVALID, {NULL}},
    {"percent sign at the end", P "rua=mailto:a@b.example%2", INVALID, {NULL}},
    {"angle brackets", P "rua=mailto:<a@b.example>", INVALID, {NULL}},
    {"non-ASCII", P "rua=mailto:\xc3\xa9@b.example", INVALID, {NULL}},
    {"address without scheme", P "rua=a@b.example", INVALID, {NULL}},
    {"http", P "rua=http://a.example/", INVALID, {NULL}},
    {"ftp beside mailto", P "rua=mailto:a@b.example,ftp://a.example/", INVALID, {NULL}},
    {"mailto without address", P "rua=mailto:", INVALID, {NULL}},
    {"mailto without domain", P "rua=mailto:a@", INVALID, {NULL}},
    {"mailto without user", P "rua=mailto:@b.example", INVALID, {NULL}},
    {"mailto with two at signs", P "rua=mailto:a@b@c.example", INVALID, {NULL}},
    {"mailto with slashes", P "rua=mailto://a@b/c", INVALID, {NULL}},
    {"mailto domain that begins with a dot", P "rua=mailto:a@.example", INVALID, {NULL}},
    {"mailto with a bracket", P "rua=mailto:a]@b.example", INVALID, {NULL}},
    {"https without slashes", P "rua=https:a.example", INVALID, {NULL}},
    {"https without host", P "rua=https:///x", INVALID, {NULL}},
    {"https with user information", P "rua=https://u:p@a.example/", INVALID, {NULL}},
    {"https with a port that is no number", P "rua=https://a.example:x/", INVALID, {NULL}},
    {"https with half an IPv6 address", P "rua=https://[2001:db8::1/x", INVALID, {NULL}},
    {"https with text behind an IPv6 address", P "rua=https://[::1]x/", INVALID, {NULL}},
    {"https with a bracket in the host", P "rua=https://a]b/", INVALID, {NULL}},
    {"https with a bracket in the path", P "rua=https://a.example/[", INVALID, {NULL}},
    {"two fragments", P "rua=https://a.example/#a#b", INVALID, {NULL}},
    {"field without equals sign", P "rua=mailto:a@b.example; foo", INVALID, {NULL}},
    {"field without value", P "rua=mailto:a@b.example; foo=", INVALID, {NULL}},
    {"field name of 33", P "rua=mailto:a@b.example; " NAME32 "6=b", INVALID, {NULL}},
    {"value with equals sign", P "rua=mailto:a@b.example; foo=a=b", INVALID, {NULL}},

    {"comma in front", P "rua=,mailto:a@b.example", INVALID, {NULL}},
    {"comma alone", P "rua=,", INVALID, {NULL}},
    {"comma and white space at the end of the field",
     P "rua=mailto:a@b.example, ;",
     INVALID,
     {NULL}},
    {"white space for a rua", P "rua= ;", INVALID, {NULL}},
    {"bare semicolon in a URI", P "rua=mailto:a;b@c.example", INVALID, {NULL}},
    {"vertical tab around the comma",
     P "rua=mailto:a@b.example,\vmailto:c@d.example",
     INVALID,
     {NULL}},
    {"line feed behind the final delimiter", P "rua=mailto:a@b.example;\n", INVALID, {NULL}},
    {"tab behind the version", "v=TLSRPTv1\t;rua=mailto:a@b.example", INVALID, {NULL}},
    {"the second rua malformed", P "rua=mailto:a@b.example; rua=", INVALID, {NULL}},
    {"scheme without colon", P "rua=mailto", INVALID, {NULL}},
    {"backslash", P "rua=mailto:a\\@b.example", INVALID, {NULL}},
    {"quotation mark", P "rua=\"mailto:a@b.example\"", INVALID, {NULL}},
    {"caret", P "rua=https://a.example/^", INVALID, {NULL}},
    {"mailto with a bare address literal", P "rua=mailto:a@[192.0.2.1]", INVALID, {NULL}},
    {"mailto with half an address literal", P "rua=mailto:a@%5B192.0.2.1:25", INVALID, {NULL}},
    {"mailto with a bracket in a header field", P "rua=mailto:a@b.example?cc=[c]", INVALID, {NULL}},
    {"mailto domain that ends with a dot", P "rua=mailto:a@b.example.", INVALID, {NULL}},
    {"mailto domain with an empty label", P "rua=mailto:a@b..example", INVALID, {NULL}},
    {"mailto domain with a port", P "rua=mailto:a@b.example:25", INVALID, {NULL}},
    {"mailto domain with a plus sign", P "rua=mailto:a@b+c.example", INVALID, {NULL}},
    {"https with letters in brackets", P "rua=https://[zz]/", INVALID, {NULL}},
    {"https with an IPv4 address in brackets", P "rua=https://[192.0.2.1]/", INVALID, {NULL}},
    {"https with empty brackets", P "rua=https://[]/", INVALID, {NULL}},
    {"https with a zone", P "rua=https://[fe80::1%25eth0]/", INVALID, {NULL}},
    {"https with an address that is too long",
     P "rua=https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]/",
     INVALID,
     {NULL}},
    {"https with a port and no host", P "rua=https://:443/", INVALID, {NULL}},
    {"https with two ports", P "rua=https://a.example:443:443/", INVALID, {NULL}},
    {"https with one slash", P "rua=https:/a.example/", INVALID, {NULL}},
    {"field name that begins with a dot", P "rua=mailto:a@b.example; .a=b", INVALID, {NULL}},
    {"non-ASCII value", P "rua=mailto:a@b.example; a=\xc3\xa9", INVALID, {NULL}},

    {"byte order mark", "\xef\xbb\xbfv=TLSRPTv1; rua=mailto:a@b.example", ABSENT, {NULL}},
    {"space around the version's equals sign",
     "v = TLSRPTv1; rua=mailto:a@b.example",
     ABSENT,
     {NULL}},
    {"another version", "v=TLSRPTv12; rua=mailto:a@b.example", ABSENT, {NULL}},
    {"version in lower case", "v=tlsrptv1; rua=mailto:a@b.example", ABSENT, {NULL}},
    {"version not first", "rua=mailto:a@b.example; v=TLSRPTv1;", ABSENT, {NULL}},
    {"space before the version", " v=TLSRPTv1; rua=mailto:a@b.example", ABSENT, {NULL}},
    {"empty", "", ABSENT, {NULL}},
};

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(records); i++) {
        struct tlsrpt_record record;
        const char *name = records[i].name, *text = records[i].text;
        size_t wanted = 0;
        assert_int_equal(tlsrpt_record_read((const uint8_t *)text, strlen(text), &record), 0);
        if ((int)record.status != records[i].status)
            fail_msg("%s: status %d, %s", name, (int)record.status,
                     record.problem ? record.problem : "no problem");
        for (; wanted < COUNT(records[i].rua) && records[i].rua[wanted]; wanted++) {
            CASE_CHECK(name, wanted < record.n_rua);
            CASE_CHECK(name, strcmp(record.rua[wanted], records[i].rua[wanted]) == 0);
        }
        CASE_CHECK(name, record.n_rua == wanted);
        CASE_CHECK(name, (record.problem != NULL) == (records[i].status == INVALID));
        CASE_CHECK(name, (record.text != NULL) == (records[i].status != ABSENT));
        tlsrpt_record_clear(&record);
    }
}

static void test_nul_in_a_uri(void **state)
{
    (void)state;
    struct tlsrpt_record record;
    assert_int_equal(tlsrpt_record_read(BYTES(P "rua=mailto:a\0@b.example"), &record), 0);
    assert_int_equal(record.status, TLSRPT_INVALID);
    assert_string_equal(record.text, P "rua=mailto:a\\0@b.example");
    tlsrpt_record_clear(&record);
}

/* The problem tells a person what to write instead. */
static const struct {
    const char *text;
    const char *says;
} problems[] = {
    {P "rua=mailto:a@b.example!10m", "%21"},
    {P "rua=mailto:a,b@c.example", "mail address"},
    {P "rua=a@b.example", "mailto:"},
    {P "rua=mailto:a b@c.example", "percent-encode"},
    {P "foo=bar", "rua=mailto:"},
    {"v=TLSRPTv1 ; rua=mailto:a@b.example", "white space"},
};

static void test_problems(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(problems); i++) {
        struct tlsrpt_record record;
        const char *text = problems[i].text;
        assert_int_equal(tlsrpt_record_read((const uint8_t *)text, strlen(text), &record), 0);
        CASE_CHECK(text, record.problem && strstr(record.problem, problems[i].says));
        tlsrpt_record_clear(&record);
    }
}

#define GOOD P "rua=mailto:a@b.example"

static const struct {
    const char *name;
    const char *texts[3];
    int status;
} answers[] = {
    {"one", {GOOD}, V},
    {"beside unrelated TXT", {"x", GOOD}, V},
    {"unrelated TXT alone", {"x"}, ABSENT},
    {"two", {GOOD, GOOD}, TLSRPT_MULTIPLE},
    {"two, one malformed", {GOOD, "v=TLSRPTv1;"}, TLSRPT_MULTIPLE},
    {"malformed", {"x", "v=TLSRPTv1;"}, INVALID},
    {"two malformed", {"v=TLSRPTv1;", "v=TLSRPTv1; rua="}, TLSRPT_MULTIPLE},
    {"upper case beside a valid one", {"V=TLSRPTv1; rua=mailto:c@d.example", GOOD}, V},
    {"an empty TXT beside a valid one", {"", GOOD}, V},
    {"another version beside a valid one", {"v=TLSRPTv2; rua=mailto:c@d.example", GOOD}, V},
    {"version alone", {"x", "v=TLSRPTv1"}, INVALID},
    {"space before the semicolon beside a valid one",
     {"v=TLSRPTv1 ; rua=mailto:c@d.example", GOOD},
     V},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct tlsrpt_record record;
        struct dns_answer *answer = txt_answer(answers[i].texts, COUNT(answers[i].texts));
        assert_int_equal(tlsrpt_record_from_answer(answer, &record), 0);
        CASE_CHECK(answers[i].name, (int)record.status == answers[i].status);
        CASE_CHECK(answers[i].name, (record.n_rua == 1) == (answers[i].status == V));
        tlsrpt_record_clear(&record);
        dns_answer_unref(answer);
    }
}

static const struct {
    enum dns_status dns;
    int status;
} lookups[] = {
    {DNS_NXDOMAIN, ABSENT},        {DNS_NODATA, ABSENT},          {DNS_SERVFAIL, TLSRPT_ERROR},
    {DNS_REFUSED, TLSRPT_ERROR},   {DNS_TIMEOUT, TLSRPT_ERROR},   {DNS_BOGUS, TLSRPT_ERROR},
    {DNS_MALFORMED, TLSRPT_ERROR}, {DNS_NOT_ASKED, TLSRPT_ERROR},
};

static void test_lookups(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lookups); i++) {
        struct tlsrpt_record record;
        struct dns_answer *answer = txt_answer(NULL, 0);
        answer->status = lookups[i].dns;
        assert_int_equal(tlsrpt_record_from_answer(answer, &record), 0);
        CASE_CHECK(dns_status_text(lookups[i].dns), (int)record.status == lookups[i].status);
        tlsrpt_record_clear(&record);
        dns_answer_unref(answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),  cmocka_unit_test(test_nul_in_a_uri),
        cmocka_unit_test(test_problems), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_lookups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
