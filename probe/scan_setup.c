/*
 * What a scan needs before its threads run, and how it is given back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/stat.h>

#include "probe/scan_run.h"

static bool on_answered_before(void *arg, const char *domain)
{
    struct scan_run *run = arg;

    switch (name_set_add(run->names, domain)) {
    case NAME_SET_NEW:
        run->resumed++;
        return true;
    case NAME_SET_THERE:
        return true;
    case NAME_SET_NO_MEMORY:
        break;
    }
    return false;
}

static void tell_output_problem(const char *path, const struct scan_file_problem *problem,
                                struct failure *failure)
{
    switch (problem->status) {
    case SCAN_FILE_OK:
        break;
    case SCAN_FILE_ERROR:
        failure_set(failure, STATUS_OUTPUT, "cannot open %s: %s", path, strerror(problem->error));
        break;
    case SCAN_FILE_LOCKED:
        failure_set(failure, STATUS_OUTPUT, "%s is being written by another run", path);
        break;
    case SCAN_FILE_IS_INPUT:
        failure_set(failure, STATUS_USAGE, "%s is both the list and the output", path);
        break;
    case SCAN_FILE_NOT_REGULAR:
        failure_set(failure, STATUS_USAGE, "%s cannot be read back, so not resumed", path);
        break;
    case SCAN_FILE_FOREIGN:
        failure_set(failure, STATUS_BAD_DATA,
                    "%s line %llu is no result of mxprobe; the file was left as it is", path,
                    (unsigned long long)problem->line);
        break;
    case SCAN_FILE_REFUSED:
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        break;
    }
}

/* Do both paths lead to one file, that is there or is to be made? */
static bool same_file(const char *a, const char *b)
{
    struct stat first, second;

    if (!a || !b)
        return false;
    if (strcmp(a, b) == 0)
        return true;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* The summary takes the place of what stands there. */
static bool check_summary(const struct scan_settings *scan, const char *list,
                          struct failure *failure)
{
    const char *const others[] = {list, scan->output, scan->exclude};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (!same_file(scan->summary, others[i]))
            continue;
        failure_set(failure, STATUS_USAGE, "--summary would replace %s", others[i]);
        return false;
    }
    return true;
}

/* The list, what is excluded, and the output; in this order, so that nothing is emptied in vain. */
static bool open_files(struct scan_run *run, struct settings *settings, struct failure *failure)
{
    const struct scan_settings *scan = &run->settings->scan;
    const char *list = run->settings->n_operands ? run->settings->operands[0] : "-";
    struct scan_file_problem problem;

    if (!check_summary(scan, list, failure))
        return false;
    if (scan->exclude) {
        run->exclude = exclude_load(scan->exclude, failure);
        settings->job.exclude = run->exclude;
        if (!run->exclude)
            return false;
    }
    run->input = scan_input_open(list, run->stop_fd);
    if (!run->input) {
        failure_set(failure, STATUS_NO_INPUT, "cannot open %s: %s", list, strerror(errno));
        return false;
    }
    atomic_store(&run->bytes_in_all, scan_input_bytes_total(run->input));
    const struct scan_file_options options = {.path = scan->output,
                                              .resume = scan->resume,
                                              .input_fd = scan_input_fd(run->input),
                                              .on_domain = on_answered_before,
                                              .arg = run,
                                              .cancel_fd = run->cancel_fd};
    run->file = scan_file_open(&options, &problem);
    if (!run->file)
        tell_output_problem(scan->output ? scan->output : "standard output", &problem, failure);
    return run->file != NULL;
}

bool scan_make_workers(struct scan_run *run, const struct worker_limits *limits)
{
    struct worker_environment *environment = &run->environment;
    struct session_boards *boards = &environment->boards;

    run->workers = calloc(environment->n_workers, sizeof(struct worker *));
    boards->mailboxes = calloc(environment->n_workers, sizeof(struct mailbox *));
    if (!run->workers || !boards->mailboxes)
        return false;
    boards->n = environment->n_workers;
    boards->by_network = run->settings->scan.per_network > 0;
    boards->deliver = worker_take_request;
    for (size_t i = 0; i < environment->n_workers; i++) {
        run->workers[i] = worker_new(environment, limits);
        if (!run->workers[i])
            return false;
        boards->mailboxes[i] = worker_mailbox(run->workers[i]);
    }
    return true;
}

bool scan_set_up(struct scan_run *run, struct settings *settings, struct failure *failure)
{
    run->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    run->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    run->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    run->environment.room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    run->mailbox = mailbox_new();
    run->names = name_set_new();
    run->environment.writer = run->mailbox;
    if (run->stop_fd < 0 || run->cancel_fd < 0 || run->news_fd < 0 ||
        run->environment.room_fd < 0 || !run->mailbox || !run->names) {
        failure_set(failure, STATUS_SOFTWARE, "cannot start: %s", strerror(errno));
        return false;
    }
    return open_files(run, settings, failure);
}

void scan_clean_up(struct scan_run *run)
{
    const int fds[] = {run->stop_fd, run->cancel_fd, run->news_fd, run->environment.room_fd};

    for (size_t i = 0; run->workers && i < run->environment.n_workers; i++)
        worker_free(run->workers[i]);
    free(run->workers);
    free(run->environment.boards.mailboxes);
    tls_trust_free(run->environment.trust);
    if (run->file)
        scan_file_close(run->file);
    scan_input_close(run->input);
    exclude_free(run->exclude);
    name_set_free(run->names);
    mailbox_free(run->mailbox);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_mutex_destroy(&run->screen);
}
