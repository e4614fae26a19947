#include "output/scan_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/scan_resume.h"

struct scan_file {
    int fd;
    int cancel_fd;
    bool is_standard_output;
    bool is_regular;   /* and ours: to be cut and synced */
    off_t end;         /* of the last whole line of a regular file */
    bool unsynced;     /* something was written since the last sync */
    int64_t synced_ms; /* when that was; INT64_MIN before the first */
    int error;         /* errno of the write that failed: no other is tried */
};

/* --- opening ------------------------------------------------------------------------------------
 */

static bool is_same_file(int fd, const struct stat *other)
{
    struct stat stat;

    return fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
           stat.st_dev == other->st_dev && stat.st_ino == other->st_ino;
}

/* So that the name of a new file outlives a power cut. Without the right to, the file still does.
 */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(folder);
}

/* Fills `problem` from errno. */
static bool fail(struct scan_file_problem *problem)
{
    problem->status = SCAN_FILE_ERROR;
    problem->error = errno;
    return false;
}

static bool refuse(struct scan_file_problem *problem, enum scan_file_status status)
{
    problem->status = status;
    return false;
}

/* One run at a time. File systems that know no locks go without. */
static bool lock(const struct scan_file *file, struct scan_file_problem *problem)
{
    while (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return refuse(problem, SCAN_FILE_LOCKED);
        if (errno != EINTR)
            break;
    }
    return true;
}

/* Finds what to keep of what is there. */
static bool read_back(struct scan_file *file, const struct scan_file_options *options,
                      struct scan_file_problem *problem)
{
    struct scan_resume resume = {0};
    enum scan_resume_status status =
        scan_resume_read(file->fd, options->on_domain, options->arg, &resume);

    switch (status) {
    case SCAN_RESUME_OK:
        file->end = (off_t)resume.length;
        return true;
    case SCAN_RESUME_ERROR:
        break;
    case SCAN_RESUME_FOREIGN:
        problem->line = resume.n_lines + 1;
        return refuse(problem, SCAN_FILE_FOREIGN);
    case SCAN_RESUME_REFUSED:
        return refuse(problem, SCAN_FILE_REFUSED);
    }
    return fail(problem);
}

/* Everything that may speak against writing comes before the first change. */
static bool prepare(struct scan_file *file, const struct scan_file_options *options,
                    struct scan_file_problem *problem)
{
    struct stat stat;

    if (fstat(file->fd, &stat) != 0)
        return fail(problem);
    if (is_same_file(options->input_fd, &stat))
        return refuse(problem, SCAN_FILE_IS_INPUT);
    file->is_regular = S_ISREG(stat.st_mode) && !file->is_standard_output;
    if (options->resume && !file->is_regular)
        return refuse(problem, SCAN_FILE_NOT_REGULAR);
    if (!file->is_regular)
        return true;
    if (!lock(file, problem) || (options->resume && !read_back(file, options, problem)))
        return false;
    if (ftruncate(file->fd, file->end) != 0 || lseek(file->fd, file->end, SEEK_SET) < 0)
        return fail(problem);
    file->unsynced = true; /* the cut */
    sync_folder(options->path);
    return true;
}

struct scan_file *scan_file_open(const struct scan_file_options *options,
                                 struct scan_file_problem *problem)
{
    struct scan_file *file = calloc(1, sizeof *file);
    int flags = (options->resume ? O_RDWR : O_WRONLY) | O_CREAT | O_CLOEXEC | O_NOCTTY;
    bool ok = false;

    *problem = (struct scan_file_problem){.status = SCAN_FILE_OK};
    if (!file) {
        fail(problem);
        return NULL;
    }
    file->cancel_fd = options->cancel_fd;
    file->synced_ms = INT64_MIN;
    file->is_standard_output = !options->path;
    file->fd = options->path ? open(options->path, flags, 0666) : STDOUT_FILENO;
    if (file->fd < 0)
        fail(problem);
    else
        ok = prepare(file, options, problem);
    if (ok)
        return file;
    if (file->fd >= 0 && !file->is_standard_output)
        close(file->fd);
    free(file);
    return NULL;
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* Waits until a write of PIPE_BUF bytes does not block. False with errno. */
static bool wait_for_room(const struct scan_file *file)
{
    struct pollfd fds[2] = {{.fd = file->fd, .events = POLLOUT},
                            {.fd = file->cancel_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    if (fds[0].revents == 0) {
        errno = ECANCELED;
        return false;
    }
    return true;
}

/*
 * Writes what it can; how much, with errno where that is not all. What is no file takes PIPE_BUF
 * bytes a time: so many never block once poll has seen room (pipe(7)), and the reader's pace is
 * waited for where cancel_fd is heard.
 */
static size_t write_all(const struct scan_file *file, const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t most = length - at;
        if (!file->is_regular && !wait_for_room(file))
            break;
        if (!file->is_regular && most > PIPE_BUF)
            most = PIPE_BUF;
        ssize_t n = write(file->fd, bytes + at, most);
        if (n > 0) {
            at += (size_t)n;
            continue;
        }
        if (n == 0)
            errno = ENOSPC; /* POSIX has no such answer; going round would not end */
        if (errno != EINTR && (errno != EAGAIN || file->is_regular))
            break;
    }
    return at;
}

int scan_file_write(struct scan_file *file, const char *lines, size_t length)
{
    const char *feed;
    size_t written;

    if (!file->error) {
        written = write_all(file, lines, length);
        file->unsynced = true;
        if (written == length) {
            file->end += (off_t)length;
            return 0;
        }
        file->error = errno;
        feed = memrchr(lines, '\n', written);
        if (feed)
            file->end += feed + 1 - lines;
        /* Where even this fails, the next --resume finds a torn line. */
        if (file->is_regular && ftruncate(file->fd, file->end) == 0)
            (void)lseek(file->fd, file->end, SEEK_SET);
    }
    errno = file->error;
    return -1;
}

int scan_file_sync(struct scan_file *file)
{
    if (!file->is_regular || !file->unsynced)
        return 0;
    /* EINVAL and the like: a file system that has nothing to sync to. */
    if (fdatasync(file->fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS) {
        file->error = errno; /* the kernel says it once and forgets the pages */
        return -1;
    }
    file->unsynced = false;
    return 0;
}

int scan_file_sync_when_due(struct scan_file *file, int64_t now_ms)
{
    if (file->synced_ms == INT64_MIN)
        file->synced_ms = now_ms;
    if (now_ms - file->synced_ms < SCAN_FILE_SYNC_INTERVAL_MS)
        return 0;
    file->synced_ms = now_ms;
    return scan_file_sync(file);
}

int scan_file_close(struct scan_file *file)
{
    int error = 0;

    if (!file)
        return 0;
    if (scan_file_sync(file) != 0)
        error = errno;
    if (!file->is_standard_output && close(file->fd) != 0 && errno != EINTR)
        error = error ? error : errno;
    free(file);
    errno = error;
    return error ? -1 : 0;
}
