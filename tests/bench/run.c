/*
 * bench_run RESULT-FILE CPUS COMMAND...: runs the command on the given processors ("0" or "0,1")
 * and writes an object with what it used by the kernel's account, its own children included. A
 * program as small as this one: the peak memory that wait4 tells begins with that of the process
 * forked.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { USAGE = 64, TROUBLE = 70, NOT_RUN = 127 };

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void pin(const char *cpus)
{
    cpu_set_t set;
    char *end = NULL;

    CPU_ZERO(&set);
    for (const char *at = cpus; *at; at = *end ? end + 1 : end) {
        const unsigned long cpu = strtoul(at, &end, 10);
        if (end == at || cpu >= CPU_SETSIZE)
            exit(USAGE);
        CPU_SET(cpu, &set);
    }
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        perror("bench_run: sched_setaffinity");
}

int main(int argc, char *argv[])
{
    struct rusage used;
    int status = 0;

    if (argc < 4) {
        (void)fputs("usage: bench_run RESULT-FILE CPUS COMMAND...\n", stderr);
        return USAGE;
    }
    FILE *result = fopen(argv[1], "we");
    if (!result) {
        perror(argv[1]);
        return TROUBLE;
    }
    const double began_s = now_s();
    const pid_t child = fork();
    if (child == 0) {
        pin(argv[2]);
        (void)execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(NOT_RUN);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror("bench_run");
        return TROUBLE;
    }
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    (void)fprintf(result,
                  "{\"status\": %d, \"user_s\": %.6f, \"sys_s\": %.6f, \"wall_s\": %.6f, "
                  "\"max_rss_kib\": %ld}\n",
                  code, seconds(used.ru_utime), seconds(used.ru_stime), now_s() - began_s,
                  used.ru_maxrss);
    return fclose(result) == 0 ? code : TROUBLE;
}
