#include "report_sample.h"

#define TEXT(literal) ((char[]){literal})
#define HOSTILE TEXT("\x1b[2J\xff\xe2\x80\xae\n,\"\\")

static char *policy_lines[] = {TEXT("version: STSv1"), TEXT("mode: enforce")};
static char *patterns[] = {TEXT("mx1.example.net")};

static struct tlsrpt_failure google_failures[] = {
    {.result_type = TEXT("validation-failure"),
     .type = RESULT_VALIDATION_FAILURE,
     .mx = TEXT("mx2.example.net"),
     .ip = TEXT("192.0.2.12"),
     .count = 4},
    {.result_type = TEXT("certificate-expired"),
     .type = RESULT_CERTIFICATE_EXPIRED,
     .sending_ip = TEXT("198.51.100.70"),
     .mx = TEXT("mx1.example.net"),
     .mx_helo = TEXT("mail.example.net"),
     .ip = TEXT("192.0.2.11"),
     .count = 1},
};
static struct tlsrpt_policy google_policies[] = {
    {.policy_type = TEXT("sts"),
     .type = POLICY_TYPE_STS,
     .policy_domain = TEXT("example.net"),
     .policy_strings = policy_lines,
     .n_policy_strings = 2,
     .mx_hosts = patterns,
     .n_mx_hosts = 1,
     .successful = 15,
     .failed = 5,
     .failures = google_failures,
     .n_failures = 2},
    {.policy_type = TEXT("no-policy-found"),
     .type = POLICY_TYPE_NO_POLICY,
     .policy_domain = TEXT("example.org"),
     .successful = 2},
};
static struct tlsrpt_deviation google_deviations[] = {
    {TLSRPT_MISSING, TEXT("policies[1].failure-details")}};
static const struct tlsrpt_report google = {.organization = TEXT("Google Inc."),
                                            .contact = TEXT("smtp-tls-reporting@google.com"),
                                            .report_id = TEXT("1"),
                                            .start_known = true,
                                            .end_known = true,
                                            .start_s = 1795132800, /* 2026-11-20 */
                                            .end_s = 1795219199,
                                            .policies = google_policies,
                                            .n_policies = 2,
                                            .deviations = google_deviations,
                                            .n_deviations = 1,
                                            .deviations_seen = 1};
static const struct replay_judgement google_replays[] = {
    {REPLAY_REPRODUCED, TEXT("mx2.example.net is not in the policy.")},
    {REPLAY_NOT_REPRODUCED, TEXT("Renewed since.")},
};

static struct tlsrpt_failure mox_failures[] = {
    {.result_type = TEXT("validation-failure"),
     .type = RESULT_VALIDATION_FAILURE,
     .mx = TEXT("MX1.example.net"), /* names have no case */
     .ip = TEXT("192.0.2.11"),
     .reason_code = TEXT("tls-remote-alert-70-protocol-version"),
     .count = 7},
};
static struct tlsrpt_policy mox_policies[] = {{.policy_type = TEXT("sts"),
                                               .type = POLICY_TYPE_STS,
                                               .policy_domain = TEXT("Example.net"),
                                               .successful = 3,
                                               .failed = 7,
                                               .failures = mox_failures,
                                               .n_failures = 1}};
static const struct tlsrpt_report mox = {.organization = TEXT("example.org"),
                                         .report_id = TEXT("20261121.example.net@example.org"),
                                         .start_known = true,
                                         .end_known = true,
                                         .start_s = 1795219200, /* 2026-11-21 */
                                         .end_s = 1795305600,   /* the end of that day */
                                         .policies = mox_policies,
                                         .n_policies = 1};

static char *hostile_lines[] = {HOSTILE};
static struct tlsrpt_failure hostile_failures[] = {{.result_type = HOSTILE,
                                                    .sending_ip = HOSTILE,
                                                    .mx = HOSTILE,
                                                    .mx_helo = HOSTILE,
                                                    .ip = HOSTILE,
                                                    .additional_information = HOSTILE,
                                                    .reason_code = HOSTILE,
                                                    .count = TLSRPT_COUNT_MAX}};
static struct tlsrpt_policy hostile_policies[] = {{.policy_type = HOSTILE,
                                                   .policy_domain = HOSTILE,
                                                   .policy_strings = hostile_lines,
                                                   .n_policy_strings = 1,
                                                   .mx_hosts = hostile_lines,
                                                   .n_mx_hosts = 1,
                                                   .successful = TLSRPT_COUNT_MAX,
                                                   .failed = TLSRPT_COUNT_MAX,
                                                   .failures = hostile_failures,
                                                   .n_failures = 1},
                                                  {.successful = 0}};
static struct tlsrpt_deviation hostile_deviations[] = {{TLSRPT_OTHER_KEY, HOSTILE}};
static const struct tlsrpt_report hostile = {.organization = HOSTILE,
                                             .contact = HOSTILE,
                                             .report_id = HOSTILE,
                                             .policies = hostile_policies,
                                             .n_policies = 2,
                                             .deviations = hostile_deviations,
                                             .n_deviations = 1,
                                             .deviations_seen = 3};

const struct report_result report_samples[REPORT_SAMPLES] = {
    {"google.json", &google, DIALECT_GOOGLE, google_replays},
    {"mox.json", &mox, DIALECT_MOX, NULL},
    {"\x1b]0;\a\xff", &hostile, DIALECT_UNKNOWN, NULL},
};
