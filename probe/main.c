/*
 * mxprobe: what a sending mail server would find at a domain's mail hosts. ARCHITECTURE.md tells
 * the way from here to the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe/commands.h"
#include "probe/complain.h"
#include "probe/help.h"
#include "probe/options.h"

/*
 * A standard stream that is closed must not become the first socket that is opened, and get the
 * output. What takes its place refuses the use: writing to it still fails.
 */
static void keep_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int run(struct settings *settings, struct failure *failure)
{
    if (settings->help || settings->version) {
        if (settings->version)
            version_print(stdout);
        else
            help_print(stdout, settings->command);
        if (fflush(stdout) != 0)
            failure_set(failure, STATUS_OUTPUT, "cannot write the output: %s", strerror(errno));
        return STATUS_OK;
    }
    switch (settings->command) {
    case COMMAND_CHECK:
        return check_command(settings, failure);
    case COMMAND_SCAN:
        return scan_command(settings, failure);
    case COMMAND_LINT:
        return lint_command(settings, failure);
    case COMMAND_DIFF:
        return diff_command(settings, failure);
    case COMMAND_REPORT:
        return report_command(settings, failure);
    case COMMAND_SUGGEST:
        return suggest_command(settings, failure);
    case COMMAND_NONE:
        break;
    }
    return STATUS_USAGE;
}

int main(int argc, char *argv[])
{
    struct settings settings;
    struct failure failure = {0};
    bool nagios = options_want_nagios(argc, argv);
    int status = STATUS_USAGE;

    keep_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* ulimit -f: a write that fails, as on a full disk */
    settings_init(&settings);
    options_read(argc, argv, &settings, &failure);
    if (!failure.status)
        status = run(&settings, &failure);
    if (failure.status)
        status = complain(&failure, nagios);
    settings_clear(&settings);
    return status;
}
