/*
 * scan_again RUNS scan ARGUMENT...: `mxprobe scan ARGUMENT...` several times in one process. Counts
 * the descriptors and threads that each run leaves, and prints them and the statuses as an object.
 * A run may be interrupted; the program then goes on with the next one.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe/commands.h"
#include "probe/complain.h"
#include "probe/options.h"

enum { RUNS_MAX = 100 };

struct outcome {
    int status;
    size_t descriptors, threads; /* afterwards */
};

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*): the linker's name for it. */
int __wrap_raise(int number);

/* A run that was interrupted dies of the signal once its output is whole: here it only ends. */
int __wrap_raise(int number)
{
    (void)number;
    return 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*) */

/* Entries of a folder of /proc, the descriptor of the look itself among them. */
static size_t count_entries(const char *path)
{
    size_t n = 0;
    DIR *folder = opendir(path);

    if (!folder)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

static int scan(int argc, char *argv[])
{
    struct settings settings;
    struct failure failure = {0};
    int status = STATUS_USAGE;

    settings_init(&settings);
    options_read(argc, argv, &settings, &failure);
    if (!failure.status)
        status = scan_command(&settings, &failure);
    if (failure.status)
        status = complain(&failure, false);
    settings_clear(&settings);
    return status;
}

static void print(const struct outcome *outcomes, size_t n)
{
    printf("[");
    for (size_t i = 0; i < n; i++)
        printf("%s{\"status\": %d, \"descriptors\": %zu, \"threads\": %zu}", i ? ", " : "",
               outcomes[i].status, outcomes[i].descriptors, outcomes[i].threads);
    printf("]\n");
}

int main(int argc, char *argv[])
{
    struct outcome outcomes[RUNS_MAX] = {0};
    size_t n_runs = argc > 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;

    if (n_runs < 1 || n_runs > RUNS_MAX) {
        (void)fprintf(stderr, "usage: scan_again RUNS scan ARGUMENT...\n");
        return STATUS_USAGE;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < n_runs; i++) {
        outcomes[i].status = scan(argc - 1, argv + 1);
        outcomes[i].descriptors = count_entries("/proc/self/fd");
        outcomes[i].threads = count_entries("/proc/self/task");
        /* For whoever wants to interrupt the next one. */
        (void)fprintf(stderr, "run %zu ended\n", i + 1);
    }
    print(outcomes, n_runs);
    return 0;
}
