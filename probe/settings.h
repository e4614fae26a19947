/*
 * Everything that the command line decides, ready for use: one struct, filled by the option table.
 */
#ifndef PROBE_SETTINGS_H
#define PROBE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/scan_progress.h"
#include "policy/lint.h"
#include "policy/verdict.h"
#include "probe/domain_job.h"
#include "probe/live.h"
#include "probe/what_if.h"

/* Exit statuses beside the verdict's 0 to 3 (sysexits.h). */
enum {
    STATUS_OK = 0,
    STATUS_UNKNOWN = 3,
    STATUS_USAGE = 64,
    STATUS_BAD_DATA = 65,
    STATUS_NO_INPUT = 66,
    STATUS_SOFTWARE = 70,
    STATUS_OUTPUT = 74,
};

/* Why a command line or a file cannot be used: one line for a person, and the exit status. */
struct failure {
    int status; /* 0: none */
    char message[512];
};

void failure_set(struct failure *failure, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum command {
    COMMAND_NONE,
    COMMAND_CHECK,
    COMMAND_SCAN,
    COMMAND_LINT,
    COMMAND_REPORT,
    COMMAND_DIFF,
    COMMAND_SUGGEST
};
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_NAGIOS, FORMAT_TLSRPT };
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What only scan has. */
struct scan_settings {
    size_t concurrency; /* domains in flight */
    size_t threads;     /* 0: one a core */
    size_t per_host;    /* sessions at one address at a time */
    size_t per_network; /* in one /24 or /48; 0: no limit */
    double rate;        /* new sessions a second; 0: no limit */
    size_t max_memory_mib;
    bool resume;
    enum progress_when progress;
    const char *output, *summary, *exclude; /* paths, or NULL */
};

struct settings {
    enum command command;
    bool help, version;
    enum format format;
    enum color_when color;
    bool format_given;
    const char *organization, *contact; /* who reports; never NULL */
    int verbosity;
    struct scan_settings scan;
    char *const *argv; /* as given, NULL at the end; borrowed */
    struct live_options live;
    struct domain_job_options job;
    bool allow_private_given;
    struct judge_options judge; /* at_s counts when at_given, else the moment of the judgement */
    bool at_given;
    bool replay; /* of report: probe each failure */
    bool only_ipv4, only_ipv6;
    int deadline_ms;
    const char *ca_file, *crl_file;
    const char *sts_policy_file;
    const char *next_cert_file; /* suggest's */
    struct what_if what_if;
    char **what_if_given; /* "mx=mx1.example.test:10" */
    size_t n_what_if_given;
    const char **operands; /* strings borrowed from argv */
    size_t n_operands;
};

void settings_init(struct settings *settings);
void settings_clear(struct settings *settings);

#endif
